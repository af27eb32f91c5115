import type { z } from 'zod';
import { placeText, UserError, type Place } from '../base/errors.js';
import { inWords, keysAt, nearest, nodeAt, pathsOf, type SchemaNode } from './allowed.js';
import { keyText, type KeyPath, type SourceDocument } from './document.js';

/** One thing that is wrong in a definition. */
export interface Problem {
  readonly place: Place;
  readonly what: string;
  readonly allowed?: string;
}

export function problemText({ place, what, allowed }: Problem): string {
  return `${placeText(place)}: ${what}${allowed === undefined ? '' : `; allowed: ${allowed}`}`;
}

/** A definition that cannot be used: every problem found, each with its place. Exit 2. */
export class DefinitionError extends UserError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], hint = 'docs/rigs.md explains each key; `dfota schema` prints the whole definition') {
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${String(problems.length - 1)} more)` : '';
    super(first === undefined ? 'wrong definition' : `${problemText(first)}${more}`, { hint });
    this.problems = problems;
  }

  override explain(): string {
    const lines = this.problems.map(problemText);
    const { hint } = this.explanation;
    return [...lines, ...(hint === undefined ? [] : [`  try:   ${hint}`])].join('\n');
  }
}

type Issue = z.core.$ZodIssue;

/** What zod found, each at its deepest key, in the order of the file. */
export function problemsOf(issues: readonly Issue[], document: SourceDocument, schema: SchemaNode): Problem[] {
  const problems = issues.flatMap((issue) => problemsOfIssue(issue, [], document, schema));
  return problems.sort(
    (one, other) => (one.place.line ?? 0) - (other.place.line ?? 0) || (one.place.column ?? 0) - (other.place.column ?? 0),
  );
}

function problemsOfIssue(issue: Issue, above: KeyPath, document: SourceDocument, schema: SchemaNode): Problem[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  const node = nodeAt(schema, path);
  const words = node === undefined ? undefined : inWords(node);
  const value = valueAt(document.value, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, path, document, schema));
    case 'invalid_union': {
      const branch = meantBranch(issue.errors);
      if (branch !== undefined) return branch.flatMap((inner) => problemsOfIssue(inner, path, document, schema));
      return [wrongValue(value, path, document, words)];
    }
    case 'invalid_type':
    case 'invalid_value':
    case 'too_small':
    case 'too_big':
      return [wrongValue(value, path, document, words)];
    case 'invalid_format':
      return [wrongValue(value, path, document, issue.message)];
    case 'invalid_key':
      return [{ place: document.place(path, 'key'), what: 'not a usable name', allowed: issue.issues[0]?.message ?? 'text' }];
    case 'custom':
      return [{ place: document.place(path), what: isPlain(value) ? `seen ${seen(value)}; ${issue.message}` : issue.message }];
    default:
      return [{ place: document.place(path), what: `${seen(value)}: ${issue.message}` }];
  }
}

function unknownKey(key: string, path: KeyPath, document: SourceDocument, schema: SchemaNode): Problem {
  const keys = keysAt(schema, path);
  const elsewhere = pathsOf(schema, key).map((other) => keyText(other));
  const meant = nearest(key, keys) ?? elsewhere[0];
  return {
    place: document.place([...path, key], 'key'),
    what: `unknown key${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    allowed: keys.join(', '),
  };
}

function wrongValue(value: unknown, path: KeyPath, document: SourceDocument, allowed: string | undefined): Problem {
  const place = document.place(path);
  if (value === undefined) return { place, what: 'is missing', ...(allowed === undefined ? {} : { allowed }) };
  const defaults = value === null && allowed?.startsWith('a mapping') === true ? ' ({} leaves every key at its default)' : '';
  return { place, what: `seen ${seen(value)}`, ...(allowed === undefined ? {} : { allowed: `${allowed}${defaults}` }) };
}

/**
 * Of the alternatives of a choice, the one whose author was wrong only in a detail: its type fits. Undefined when none does.
 * A definition's choices never have two alternatives of one type.
 */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return branches.find(
    (issues) =>
      issues.length > 0 &&
      !issues.some(({ code, path }) => (code === 'invalid_type' || code === 'invalid_value') && path.length === 0),
  );
}

function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

function isPlain(value: unknown): boolean {
  return value !== undefined && (value === null || typeof value !== 'object');
}

/** The value as it stands in the file, short. */
function seen(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return `a list of ${String(value.length)}`;
  if (typeof value === 'object') return 'a mapping';
  // Booleans, numbers and text: what YAML's core schema has beside the above.
  const text = JSON.stringify(value);
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return typeof value === 'number' ? `the number ${short}` : short;
}
