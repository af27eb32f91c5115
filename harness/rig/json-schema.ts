import { z } from 'zod';
import type { SchemaNode } from './allowed.js';
import { criteriaDefinition } from './criteria-schema.js';
import { packagePair, rigDefinition } from './schema.js';

/** The published schemas by the name that `dfota schema` knows them by. */
export const schemaNames = ['rig', 'packages', 'criteria'] as const;
export type SchemaName = (typeof schemaNames)[number];

const definitions = { rig: rigDefinition, packages: packagePair, criteria: criteriaDefinition };

/** File name of a published schema in `rigs/schema/`. */
export function schemaFile(name: SchemaName): string {
  return `${name}.schema.json`;
}

/** JSON Schema (draft 7, which editors' YAML support reads) of a definition as its author writes it. */
export function jsonSchema(name: SchemaName): SchemaNode {
  return z.toJSONSchema(definitions[name], { io: 'input', target: 'draft-7' }) as SchemaNode;
}

/** The text of the published file. */
export function jsonSchemaText(name: SchemaName): string {
  return `${JSON.stringify(jsonSchema(name), undefined, 2)}\n`;
}
