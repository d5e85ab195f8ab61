// No server has the command, so it is skipped: the quickest run of `evaluate` that there is.
export const needy = {
  name: 'needy',
  summary: 'needs a command that no server has',
  connection: 'shared',
  needs: { commands: ['NOSUCHCOMMAND'] },
  open: async () => {},
  seller: () => ({ remaining: async () => 0, purchase: async () => ({ kind: 'sold-out' }) }),
};
