import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { messageOf, UserError } from '../base/errors.js';
import { jsonSchema, jsonSchemaText, schemaFile, schemaNames, type SchemaName } from '../rig/json-schema.js';

interface Arguments {
  readonly which: SchemaName | 'all';
  readonly out: string | undefined;
}

export const command: CommandModule<object, Arguments> = {
  command: 'schema [which]',
  describe: 'Print the JSON Schemas of rig, package and criteria files',
  builder: (yargs) =>
    yargs
      .positional('which', { choices: [...schemaNames, 'all'] as const, default: 'all' as const, describe: 'Which definition' })
      .option('out', { type: 'string', requiresArg: true, describe: 'Folder to write them to, a file each, instead of printing' })
      .epilogue('An editor completes a definition whose first line is: # yaml-language-server: $schema=<path of the schema>'),
  handler({ which, out }) {
    const wanted = which === 'all' ? schemaNames : [which];
    if (out === undefined) {
      // All in one object by their names, so that the output is always one JSON text.
      const all = Object.fromEntries(wanted.map((name) => [name, jsonSchema(name)]));
      process.stdout.write(which === 'all' ? `${JSON.stringify(all, undefined, 2)}\n` : jsonSchemaText(which));
      return;
    }
    try {
      mkdirSync(out, { recursive: true });
      for (const name of wanted) {
        const file = join(out, schemaFile(name));
        writeFileSync(file, jsonSchemaText(name));
        process.stdout.write(`${file}\n`);
      }
    } catch (error) {
      throw new UserError(`the schemas cannot be written to ${out}`, { seen: messageOf(error) });
    }
  },
};
