import { readFileSync } from 'node:fs';
import { isMap, parseDocument } from 'yaml';
import type { RigChange } from './expectation.js';

export interface RigFileOptions {
  /** The shipped definition that it is a copy of. */
  readonly template: string;
  readonly name: string;
  /** Undefined: the shipped rig's. */
  readonly scale?: number | undefined;
  readonly defect?: string;
  readonly change?: RigChange | undefined;
}

/** The shipped simulated rig under a name of its own, faster, with one seeded defect. Returns YAML. */
export function rigFileText({ template, name, scale, defect, change = {} }: RigFileOptions): string {
  const document = parseDocument(readFileSync(template, 'utf8'));
  if (!isMap(document.contents)) throw new Error(`${template} is not a rig definition`);
  document.commentBefore = null;
  document.contents.commentBefore = null;
  document.set('name', name);
  const wanted = change.timing?.scale ?? scale;
  if (wanted !== undefined) document.setIn(['timing', 'scale'], wanted);
  for (const key of ['limits', 'firmware'] as const) {
    for (const [inner, value] of Object.entries(change[key] ?? {})) document.setIn([key, inner], value);
  }
  document.setIn(
    ['power', 'simulated'],
    document.createNode({ ...change.simulated, ...(defect === undefined ? {} : { defects: [defect] }) }),
  );
  return String(document);
}
