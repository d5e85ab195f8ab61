// What can be done to a file: small faults, found in its syntax tree.
import { createHash } from 'node:crypto';
import {
  isArrayLiteralExpression,
  isArrowFunction,
  isBinaryExpression,
  isBlock,
  isCallExpression,
  isConditionalExpression,
  isExportDeclaration,
  isExpressionStatement,
  isForStatement,
  isIfStatement,
  isImportDeclaration,
  isNoSubstitutionTemplateLiteral,
  isNumericLiteral,
  isPrefixUnaryExpression,
  isPropertyAccessExpression,
  isReturnStatement,
  isStringLiteral,
  isTemplateExpression,
  isTypeNode,
  isWhileStatement,
  isDoStatement,
  SyntaxKind,
} from 'typescript/unstable/ast';

/**
 * @typedef {object} Fault one change of one place
 * @property {number} start where it begins in the text
 * @property {number} end
 * @property {string} to what stands there instead
 * @property {string} operator what kind of change it is
 * @property {string | undefined} within the function that it is in, as `watched` calls it; undefined: the file itself
 */

/** Each operator, and what may stand in its place. */
const OTHERS = new Map([
  ['<', ['<=', '>=']],
  ['<=', ['<', '>']],
  ['>', ['>=', '<=']],
  ['>=', ['>', '<']],
  ['===', ['!==']],
  ['!==', ['===']],
  ['+', ['-']],
  ['-', ['+']],
  ['*', ['/']],
  ['/', ['*']],
  ['%', ['*']],
  ['&', ['|']],
  ['|', ['&']],
  ['<<', ['>>']],
  ['>>', ['<<']],
  ['>>>', ['<<']],
  ['&&', ['||']],
  ['||', ['&&']],
  ['??', ['&&']],
  ['+=', ['-=']],
  ['-=', ['+=']],
  ['??=', ['=']],
]);

/** Methods that are taken for each other, and those that may as well be forgotten. */
const METHODS = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['min', 'max'],
  ['max', 'min'],
  ['startsWith', 'endsWith'],
  ['endsWith', 'startsWith'],
  ['push', 'unshift'],
  ['unshift', 'push'],
  ['pop', 'shift'],
  ['shift', 'pop'],
]);
const FORGOTTEN = new Set(['filter', 'sort', 'toSorted', 'reverse', 'toReversed', 'slice', 'trim']);
const STEPS = new Map([
  [SyntaxKind.PlusPlusToken, '--'],
  [SyntaxKind.MinusMinusToken, '++'],
]);
const LEAVES = new Set([SyntaxKind.BreakStatement, SyntaxKind.ContinueStatement, SyntaxKind.ThrowStatement]);

/**
 * All faults of a file, by place: a place is one node of the tree.
 * @returns {Fault[][]}
 */
export function faultsOf(sourceFile, file) {
  const places = [];
  const visit = (node) => {
    // Types are gone when the code runs, and what a file imports is the compiler's.
    if (isTypeNode(node) || isImportDeclaration(node) || isExportDeclaration(node)) return;
    const faults = KINDS.flatMap((kind) => kind(node, sourceFile)).filter(
      ({ start, end, to }) => sourceFile.text.slice(start, end) !== to,
    );
    const within = functionAround(node, file);
    if (faults.length > 0) places.push(faults.map((fault) => ({ ...fault, within })));
    node.forEachChild(visit);
  };
  visit(sourceFile);
  return places;
}

/**
 * The text of a file whose functions each say that they are called, to `hit` of a module.
 * @param {string} file its path from the project's root
 * @param {string} recorder the path of that module
 */
export function watched(sourceFile, file, recorder) {
  const { text } = sourceFile;
  /** What to put where. */
  const additions = [];
  const visit = (node) => {
    if (isFunction(node)) {
      const { body } = node;
      const call = `__hit('${nameOf(node, file)}')`;
      if (isBlock(body)) additions.push([body.getStart(sourceFile) + 1, `${call};`]);
      else additions.push([body.getStart(sourceFile), `(${call}, `], [body.end, ')']);
    }
    node.forEachChild(visit);
  };
  visit(sourceFile);
  let changed = `import { hit as __hit } from '${recorder}';`;
  let from = 0;
  for (const [at, what] of additions.toSorted((a, b) => a[0] - b[0])) {
    changed += text.slice(from, at) + what;
    from = at;
  }
  return changed + text.slice(from);
}

/** Whether this is a function that has code. */
const isFunction = (node) => node.parameters !== undefined && node.body !== undefined;

/** What it is called among the functions of the project: by its text, so that it may move. */
const nameOf = (node, file) =>
  `${file} ${createHash('sha256').update(node.getSourceFile().text.slice(node.pos, node.end).trim()).digest('hex').slice(0, 12)}`;

/** All functions of a file, as `watched` calls them. @returns {string[]} */
export function functionsOf(sourceFile, file) {
  const names = [];
  const visit = (node) => {
    if (isFunction(node)) names.push(nameOf(node, file));
    node.forEachChild(visit);
  };
  visit(sourceFile);
  return names;
}

function functionAround(node, file) {
  for (let at = node; at !== undefined; at = at.parent) if (isFunction(at)) return nameOf(at, file);
  return undefined;
}

const textOf = (node, sourceFile) => sourceFile.text.slice(node.getStart(sourceFile), node.end);

/** @returns {Fault} */
const replace = (node, sourceFile, to, operator) => ({
  start: node.getStart(sourceFile),
  end: node.end,
  to,
  operator,
});

function operators(node, sourceFile) {
  if (!isBinaryExpression(node)) return [];
  const { left, right, operatorToken } = node;
  const sign = textOf(operatorToken, sourceFile);
  const swaps = (OTHERS.get(sign) ?? []).map((to) => replace(operatorToken, sourceFile, to, 'operator'));
  const halves = ['&&', '||', '??'].includes(sign)
    ? [left, right].map((half) => replace(node, sourceFile, `(${textOf(half, sourceFile)})`, 'one operand'))
    : [];
  return [...swaps, ...halves];
}

/** A loop is never made endless on purpose: that is always noticed, and costs the whole time limit. */
function conditions(node, sourceFile) {
  const always = isIfStatement(node) || isConditionalExpression(node);
  if (!always && !isWhileStatement(node) && !isDoStatement(node) && !isForStatement(node)) return [];
  const condition = isConditionalExpression(node) || isForStatement(node) ? node.condition : node.expression;
  if (condition === undefined) return [];
  return [`!(${textOf(condition, sourceFile)})`, 'false', ...(always ? ['true'] : [])].map((to) =>
    replace(condition, sourceFile, to, 'condition'),
  );
}

function unary(node, sourceFile) {
  const to = STEPS.get(node.operator);
  if (to !== undefined && node.operand !== undefined) {
    if (node.parent.incrementor === node) return [];
    const operand = textOf(node.operand, sourceFile);
    return [
      replace(node, sourceFile, isPrefixUnaryExpression(node) ? to + operand : operand + to, 'operator'),
    ];
  }
  if (!isPrefixUnaryExpression(node)) return [];
  return [replace(node, sourceFile, `(${textOf(node.operand, sourceFile)})`, 'sign')];
}

function literals(node, sourceFile) {
  const instead = (...tos) => tos.map((to) => replace(node, sourceFile, to, 'literal'));
  if (node.kind === SyntaxKind.TrueKeyword) return instead('false');
  if (node.kind === SyntaxKind.FalseKeyword) return instead('true');
  if (isNumericLiteral(node)) {
    const value = Number(node.text);
    return instead(String(value + 1), value === 0 ? '-1' : String(value - 1));
  }
  if (isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node))
    return isKey(node) ? [] : instead(node.text === '' ? "'something'" : "''");
  if (isTemplateExpression(node)) return instead("''");
  if (isArrayLiteralExpression(node) && node.elements.length > 0) return instead('[]');
  return [];
}

const isKey = (node) => node.parent.name === node || node.parent.kind === SyntaxKind.ExpressionStatement;

function accesses(node, sourceFile) {
  const optional = node.questionDotToken;
  const required =
    optional === undefined
      ? []
      : [replace(optional, sourceFile, isPropertyAccessExpression(node) ? '!.' : '!', 'optional')];
  if (!isCallExpression(node) || !isPropertyAccessExpression(node.expression)) return required;
  const { name, expression } = node.expression;
  const method = METHODS.get(name.text);
  if (method !== undefined) return [...required, replace(name, sourceFile, method, 'method')];
  if (!FORGOTTEN.has(name.text)) return required;
  return [...required, replace(node, sourceFile, textOf(expression, sourceFile), 'method')];
}

/** Statements that are forgotten, and functions that do nothing. */
function statements(node, sourceFile) {
  const leaves = LEAVES.has(node.kind) || (isReturnStatement(node) && node.expression === undefined);
  if (isExpressionStatement(node) || leaves) return [replace(node, sourceFile, '{}', 'statement')];
  if (isArrowFunction(node) && !isBlock(node.body)) {
    return [replace(node.body, sourceFile, 'undefined', 'function')];
  }
  if (isBlock(node) && node.statements.length > 0 && node.parent.body === node) {
    return [replace(node, sourceFile, '{}', 'function')];
  }
  return [];
}

const KINDS = [operators, conditions, unary, literals, accesses, statements];
