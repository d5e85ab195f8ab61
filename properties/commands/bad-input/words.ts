import type { BadInputs, Row } from './table.ts';

const rows: readonly Row[] = [
  ['', 'no command was given'],
  ['frobnicate', "unknown command 'frobnicate'"],
  ['Explore', "unknown command 'Explore'"],
  ['help frobnicate', 'no command was given'],
  ['--nonsense', "unknown option '--nonsense'"],
  ['explore', "missing required argument 'strategy'"],
  ['replay', "missing required argument 'file'"],
  ['report', "missing required argument 'folder'"],
  ['compare', "missing required argument 'base'"],
  ['compare base', "missing required argument 'new'"],
  ['check', "missing required argument 'history.jsonl'"],
  ['list all', "too many arguments for 'list'. Expected 0 arguments but got 1."],
  ['doctor here', "too many arguments for 'doctor'. Expected 0 arguments but got 1."],
  ['storm here', "too many arguments for 'storm'. Expected 0 arguments but got 1."],
  ['serve here', "too many arguments for 'serve'. Expected 0 arguments but got 1."],
  ['report base elsewhere-measured', "too many arguments for 'report'. Expected 1 argument but got 2."],
  ['replay a b', "too many arguments for 'replay'. Expected 1 argument but got 2."],
  ['check a b', "too many arguments for 'check'. Expected 1 argument but got 2."],
  ['list --seed 1', "unknown option '--seed'"],
  ['list --buyers 2', "unknown option '--buyers'"],
  ['list --redis redis://127.0.0.1', '--redis would do nothing: list asks no server'],
  ['check history.jsonl --redis-server x', '--redis-server would do nothing: check asks no server'],
  ['report base --redis-version 7.0.0', '--redis-version would do nothing: report asks no server'],
  ['compare base base --patience 3', '--patience would do nothing: compare asks no server'],
  ['list --patience 3', '--patience would do nothing: list asks no server'],
  ['check history.jsonl --patience 3', '--patience would do nothing: check asks no server'],
  ['explore --json', "missing required argument 'strategy'"],
  ['explore lua-decrement --frobnicate', "unknown option '--frobnicate'"],
  ['explore lua-decrement --buyers', "option '--buyers <n>' argument missing"],
  ['explore lua-decrement --buyer 2 --frob 3', "unknown option '--buyer'"],
  ['evaluate --profile', "option '--profile <name>' argument missing"],
  [
    'evaluate --profile slow',
    "option '--profile <name>' argument 'slow' is invalid. Allowed choices are quick, full.",
  ],
  [
    "evaluate --profile ''",
    "option '--profile <name>' argument '' is invalid. Allowed choices are quick, full.",
  ],
  [
    'evaluate --seed 1e3',
    "option '--seed <n>' argument '1e3' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  [
    'evaluate --seed -1',
    "option '--seed <n>' argument '-1' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  ["evaluate --seed ''", "option '--seed <n>' argument '' is invalid. Give a whole number from 0 to 2^53−1."],
  [
    'evaluate --seed 9007199254740992',
    "option '--seed <n>' argument '9007199254740992' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  [
    'evaluate --seed 1.5',
    "option '--seed <n>' argument '1.5' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  ['evaluate --seed 1 --seed 2', '--seed is given twice, and only the last would count'],
  ['evaluate --units 5', "unknown option '--units'"],
  ['evaluate no-such-strategy', 'there is no strategy "no-such-strategy"'],
  ['evaluate lua-decrement lua-decrement', 'two of the strategies are named "lua-decrement"'],
  ['evaluate Lua-Decrement', 'there is no strategy "Lua-Decrement"'],
  ["evaluate ''", 'there is no strategy ""'],
  ['evaluate lua-decrement,read-then-write', 'there is no strategy "lua-decrement,read-then-write"'],
  ["bench ''", 'there is no strategy ""'],
  [
    'explore lua-decrement --patience 0',
    "option '--patience <seconds>' argument '0' is invalid. Give a whole number from 1 to 86400.",
  ],
  [
    'explore lua-decrement --patience -1',
    "option '--patience <seconds>' argument '-1' is invalid. Give a whole number from 1 to 86400.",
  ],
  [
    'explore lua-decrement --patience x',
    "option '--patience <seconds>' argument 'x' is invalid. Give a whole number from 1 to 86400.",
  ],
  [
    'explore lua-decrement --patience 1.5',
    "option '--patience <seconds>' argument '1.5' is invalid. Give a whole number from 1 to 86400.",
  ],
  [
    'explore lua-decrement --patience 90000',
    "option '--patience <seconds>' argument '90000' is invalid. Give a whole number from 1 to 86400.",
  ],
  ['explore lua-decrement --json yes', "too many arguments for 'explore'. Expected 1 argument but got 2."],
  [
    'doctor --patience soon',
    "option '--patience <seconds>' argument 'soon' is invalid. Give a whole number from 1 to 86400.",
  ],
  ['explore �', '"�" is not UTF-8'],
  ['check �.jsonl', '"�.jsonl" is not UTF-8'],
  ['report runs/�', '"runs/�" is not UTF-8'],
];

/** What is typed, whatever the command. */
export const words: BadInputs = { rows };
