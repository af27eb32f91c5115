import { readFileSync, statSync } from 'node:fs';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml';
import { hasCode, messageOf, type Place } from '../base/errors.js';
import type { Problem } from './problems.js';

/** Keys and list indices from the root of a document down to a value. */
export type KeyPath = readonly (string | number)[];

/** A YAML file that could be parsed, with the way back from a key path to a line. */
export interface SourceDocument {
  readonly file: string;
  readonly value: unknown;
  /** Where the value at `path` stands, or (`key`) its key; for what is not there, the nearest that encloses it. */
  readonly place: (path: KeyPath, what?: 'value' | 'key') => Place;
}

/** Far more than a definition ever needs; keeps a wrong file (a package, a log) from being parsed. */
const largest = 256 * 1024;

/** Reads and parses a file, or says what is wrong with it. Never throws for its content. */
export function readDocument(file: string): SourceDocument | readonly Problem[] {
  const text = readDefinition(file);
  if (typeof text !== 'string') return [text];
  return documentOf(file, text);
}

/** The text of a file, or why it cannot be a definition. */
export function readDefinition(file: string): string | Problem {
  try {
    const status = statSync(file);
    if (status.isDirectory()) return { place: { file }, what: 'is a folder; a YAML file is needed' };
    if (!status.isFile()) return { place: { file }, what: 'is not an ordinary file' };
    if (status.size > largest) {
      return { place: { file }, what: `is ${String(status.size)} bytes long; no definition is over ${String(largest)}` };
    }
    const bytes = readFileSync(file);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return { place: { file }, what: 'there is no such file' };
    if (hasCode(error, 'ERR_ENCODING_INVALID_ENCODED_DATA')) return { place: { file }, what: 'is not UTF-8 text' };
    return { place: { file }, what: `cannot be read: ${messageOf(error)}` };
  }
}

/** Parses a text that `file` names in messages. Never throws for its content. */
export function documentOf(file: string, text: string): SourceDocument | readonly Problem[] {
  const lineCounter = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter, stringKeys: true, prettyErrors: false });
    const at = (offset: number): Place => placeAt(file, lineCounter, offset);
    const problems: Problem[] = [...document.errors, ...document.warnings].map((error) => ({
      place: at(error.pos[0]),
      what: yamlText(error.code, error.message),
    }));
    visit(document, {
      Alias: (_key, alias) => {
        problems.push({
          place: at(alias.range?.[0] ?? 0),
          what: `*${alias.source}: aliases are not used in definitions; write the value out`,
        });
      },
    });
    if (problems.length > 0) return problems;
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
      return [{ place: { file }, what: 'is empty' }];
    }
    return {
      file,
      value: document.toJS() as unknown,
      place: (path, what = 'value') => ({ ...at(offsetOf(document, path, what)), key: keyText(path) }),
    };
  } catch (error) {
    // Deep nesting exhausts the parser's stack.
    return [{ place: { file }, what: `cannot be read as YAML: ${messageOf(error)}` }];
  }
}

/** The parser's message in the words of a definition's author. */
function yamlText(code: string, message: string): string {
  if (code === 'TAB_AS_INDENT') return 'a tab: YAML is indented with blanks only';
  if (code === 'DUPLICATE_KEY') return 'this key stands here a second time';
  if (code === 'MULTIPLE_DOCS') return 'a second document (after ---): one file holds one definition';
  if (code === 'NON_STRING_KEY') return 'a key must be plain text';
  return `not YAML: ${message}`;
}

function placeAt(file: string, lineCounter: LineCounter, offset: number): Place {
  const { line, col } = lineCounter.linePos(offset);
  // Offset 0 of a file that starts with a byte order mark is before the first line.
  return { file, line: Math.max(1, line), column: Math.max(1, col) };
}

/** `power.command.powerKey[1]` */
export function keyText(path: KeyPath): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${String(part)}]` : index === 0 ? part : `.${part}`)).join('');
}

function offsetOf(document: Document.Parsed, path: KeyPath, what: 'value' | 'key'): number {
  let node: Node | null = document.contents;
  let offset = start(node) ?? 0;
  for (const [index, part] of path.entries()) {
    if (isAlias(node)) break;
    if (isMap<Node, Node | null>(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === String(part));
      if (pair === undefined) break;
      const wantsKey = what === 'key' && index === path.length - 1;
      const key = start(pair.key);
      // Of a mapping in block form, and of nothing at all, the key says more than the place after it.
      const unclear = (isMap(pair.value) && pair.value.flow !== true) || (isScalar(pair.value) && pair.value.source === '');
      const value = unclear ? undefined : start(pair.value);
      offset = (wantsKey ? key : (value ?? key)) ?? offset;
      node = pair.value;
    } else if (isSeq<Node>(node)) {
      node = node.items[Number(part)] ?? null;
      if (node === null) break;
      offset = start(node) ?? offset;
    } else {
      break;
    }
  }
  return offset;
}

function start(node: Node | null | undefined): number | undefined {
  return node?.range?.[0];
}
