// The project as the compiler sees it, with one file at a time changed.
import { resolve } from 'node:path';
import { API } from 'typescript/unstable/sync';

/** What was used by the removed code alone is no error of the fault: whoever made it would have removed that, too. */
const UNUSED = new Set([6133, 6138, 6192, 6196, 6198, 6199]);

export class Compiler {
  #changed = new Map();
  #api = new API({ cwd: process.cwd(), fs: { readFile: (file) => this.#changed.get(file) } });
  #config = resolve('tsconfig.json');
  #snapshot = this.#api.updateSnapshot({ openProjects: [this.#config] });

  get #program() {
    return this.#snapshot.getProject(this.#config).program;
  }

  sourceFile(file) {
    return this.#program.getSourceFile(resolve(file));
  }

  /** Whether this text of a file parses and has no type error. What others make of its types is not looked at. */
  accepts(file, text) {
    const path = resolve(file);
    this.#changed.set(path, text);
    this.#look(path);
    const program = this.#program;
    const errors = [...program.getSyntacticDiagnostics(path), ...program.getSemanticDiagnostics(path)];
    this.#changed.delete(path);
    this.#look(path);
    return errors.every(({ code }) => UNUSED.has(code));
  }

  #look(path) {
    const next = this.#api.updateSnapshot({ fileChanges: { changed: [path] } });
    this.#snapshot.dispose();
    this.#snapshot = next;
  }

  close() {
    this.#api.close();
  }
}
