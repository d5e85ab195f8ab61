import { spawnSync } from 'node:child_process';

/** What programs in a language are run by. */
interface Toolchain {
  /** Exits with 0 where all is there that they take. */
  needs: readonly [string, ...string[]];
  /** What of Debian's has that; nothing where npm has it. */
  packages: readonly string[];
}

/** That of Debian's packages, which need not be the first. */
export const PYTHON = '/usr/bin/python3';

export const TOOLCHAINS = {
  go: { needs: ['go', 'version'], packages: ['golang-go'] },
  ruby: {
    needs: ['ruby', '-e', 'require "redis"; require "webrick"'],
    packages: ['ruby', 'ruby-redis', 'ruby-webrick'],
  },
  php: {
    needs: ['php', '-r', 'exit(class_exists("Redis") ? 0 : 1);'],
    packages: ['php-cli', 'php-redis'],
  },
  python: { needs: [PYTHON, '-c', 'import flask, redis'], packages: ['python3-flask', 'python3-redis'] },
  node: { needs: ['node', '--version'], packages: [] },
} as const satisfies Record<string, Toolchain>;

export const isHere = ({ needs: [program, ...args] }: Toolchain): boolean =>
  spawnSync(program, args).status === 0;
