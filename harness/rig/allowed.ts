/** What a definition allows at a place, in words. Works on its JSON Schema: the same tree that editors complete from. */
import type { KeyPath } from './document.js';

/** The part of JSON Schema that zod writes for our definitions. */
export interface SchemaNode {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly patternErrorMessage?: string;
  readonly description?: string;
}

/** The schema of the value at `path`; of a choice, the alternative that has such a key. */
export function nodeAt(root: SchemaNode, path: KeyPath): SchemaNode | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return root;
  if (root.anyOf !== undefined) {
    return root.anyOf.map((alternative) => nodeAt(alternative, path)).find((node) => node !== undefined);
  }
  const child =
    typeof first === 'number'
      ? root.items
      : Object.hasOwn(root.properties ?? {}, first)
        ? root.properties?.[first]
        : typeof root.additionalProperties === 'object'
          ? root.additionalProperties
          : undefined;
  return child === undefined ? undefined : nodeAt(child, rest);
}

/** Keys that the mapping at `path` may have, without `$schema`. */
export function keysAt(root: SchemaNode, path: KeyPath): string[] {
  const node = nodeAt(root, path);
  const mappings = [node, ...(node?.anyOf ?? [])].map((entry) => entry?.properties).filter((keys) => keys !== undefined);
  return mappings.flatMap((keys) => Object.keys(keys)).filter((key) => key !== '$schema');
}

/** Every path of the definition that ends in `key`. */
export function pathsOf(root: SchemaNode, key: string, above: readonly string[] = []): string[][] {
  return Object.entries(root.properties ?? {}).flatMap(([name, child]) => [
    ...(name === key ? [[...above, name]] : []),
    ...pathsOf(child, key, [...above, name]),
  ]);
}

/** `a whole number from 0 to 31`, `EC25 or EC21`, `a duration such as …` */
export function inWords(node: SchemaNode): string {
  if (node.anyOf !== undefined) return node.anyOf.map(inWords).join(', or ');
  if (node.enum !== undefined) return node.enum.map(String).join(' or ');
  switch (node.type) {
    case 'string':
      return (
        node.patternErrorMessage ??
        [node, ...(node.allOf ?? [])].find((part) => part.patternErrorMessage)?.patternErrorMessage ??
        'text'
      );
    case 'integer':
      return `a whole number${bounds(node)}`;
    case 'number':
      return `a number${bounds(node)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list, each entry ${inWords(node.items ?? {})}`;
    case 'object': {
      const keys = Object.keys(node.properties ?? {}).filter((key) => key !== '$schema');
      return keys.length === 0 ? 'a mapping' : `a mapping with the keys ${keys.join(', ')}`;
    }
    default:
      return node.description ?? 'another value';
  }
}

function bounds({ minimum, maximum, exclusiveMinimum }: SchemaNode): string {
  const low = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const high = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const above = exclusiveMinimum === undefined ? '' : ` above ${String(exclusiveMinimum)}`;
  if (low !== undefined && high !== undefined) return ` from ${String(low)} to ${String(high)}`;
  const lowText = low === undefined ? above : ` of at least ${String(low)}`;
  return high === undefined ? lowText : `${lowText}${lowText === '' ? '' : ','} at most ${String(high)}`;
}

/** The word of `words` that `word` was most likely meant to be: few letters apart, or one the start of the other. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const wanted = plain(word);
  const ranked = words
    .map((candidate) => ({ candidate, apart: distance(wanted, plain(candidate)) }))
    .sort((one, other) => one.apart - other.apart);
  const best = ranked[0];
  if (best !== undefined && best.apart <= Math.max(1, Math.floor(wanted.length / 3))) return best.candidate;
  if (wanted.length < 3) return undefined;
  return words.find((candidate) => plain(candidate).startsWith(wanted) || wanted.startsWith(plain(candidate)));
}

/** `power_key`, `PowerKey` and `power-key` are all `powerkey`. */
function plain(word: string): string {
  return word
    .slice(0, 64)
    .replace(/[\s_-]/g, '')
    .toLowerCase();
}

/** Edits (insert, delete, replace, swap of neighbours) between two words. */
function distance(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  const cell = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= one.length; row++) {
    rows[row] = [row];
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1];
      let least = Math.min(
        cell(row - 1, column) + 1,
        (rows[row]?.[column - 1] ?? 0) + 1,
        cell(row - 1, column - 1) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (swapped) least = Math.min(least, cell(row - 2, column - 2) + 1);
      (rows[row] as number[])[column] = least;
    }
  }
  return cell(one.length, other.length);
}
