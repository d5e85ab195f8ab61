import { z } from 'zod';

/** A client library that code of the user's own imports, as it is installed in their project. */
export const ownClientSchema = z.strictObject({ name: z.string(), version: z.string() });
export type OwnClient = z.infer<typeof ownClientSchema>;
