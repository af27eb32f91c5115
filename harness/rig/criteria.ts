import { createHash } from 'node:crypto';
import type { Place } from '../base/errors.js';
import { criteriaDefinition, type Criteria } from './criteria-schema.js';
import { documentOf, readDefinition, type KeyPath } from './document.js';
import { jsonSchema } from './json-schema.js';
import { DefinitionError, problemsOf } from './problems.js';

/** Criteria with the very text they came from: a certificate rests on it. */
export interface LoadedCriteria {
  /** As the user named it. */
  readonly file: string;
  readonly definition: Criteria;
  readonly text: string;
  /** Of the text. */
  readonly sha256: string;
  readonly place: (path: KeyPath) => Place;
}

/** Reads criteria. Throws a DefinitionError with every problem found. */
export function loadCriteria(file: string): LoadedCriteria {
  const text = readDefinition(file);
  if (typeof text !== 'string') throw new DefinitionError([text], where);
  return parseCriteria(file, text);
}

/** Criteria of a text, which `file` names in messages. Throws a DefinitionError with every problem found. */
export function parseCriteria(file: string, text: string): LoadedCriteria {
  const document = documentOf(file, text);
  if (!('value' in document)) throw new DefinitionError(document, where);
  const parsed = criteriaDefinition.safeParse(document.value);
  if (!parsed.success) throw new DefinitionError(problemsOf(parsed.error.issues, document, jsonSchema('criteria')), where);
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { file, definition: parsed.data, text, sha256, place: document.place };
}

const where = 'docs/qualification.md explains each key; `dfota schema criteria` prints the whole definition';
