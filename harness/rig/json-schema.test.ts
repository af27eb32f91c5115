import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { loadCriteria } from './criteria.js';
import { jsonSchema, jsonSchemaText, schemaFile, schemaNames } from './json-schema.js';
import { loadRig, loadRigs } from './load.js';
import { packagePair } from './schema.js';

const rigs = join(__dirname, '..', '..', 'rigs');
const rigFiles = readdirSync(rigs).filter((name) => name.endsWith('.yaml'));
const pairFiles = readdirSync(join(rigs, 'packages')).map((name) => join('packages', name));
const criteriaFiles = readdirSync(join(rigs, 'criteria')).map((name) => join('criteria', name));

test.each(schemaNames)(
  'the published schema %s is the one that is checked against (`dfota schema --out rigs/schema`)',
  (name) => {
    expect(readFileSync(join(rigs, 'schema', schemaFile(name)), 'utf8')).toBe(jsonSchemaText(name));
  },
);

test('every key that an author can write is described', () => {
  const nameless: string[] = [];
  const walk = (node: ReturnType<typeof jsonSchema>, path: string): void => {
    for (const [key, child] of Object.entries(node.properties ?? {})) {
      // What holds only keys of its own is described by them.
      const described = child.description ?? child.enum ?? child.anyOf?.find((part) => part.description)?.description;
      if (described === undefined && child.properties === undefined) nameless.push(`${path}${key}`);
      walk(child, `${path}${key}.`);
    }
  };
  for (const name of schemaNames) walk(jsonSchema(name), '');
  expect(nameless).toEqual([]);
});

test.each([...rigFiles, ...pairFiles, ...criteriaFiles])('%s names its schema in the first line', (name) => {
  const file = join(rigs, name);
  const first = readFileSync(file, 'utf8').split('\n')[0] ?? '';
  const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)$/.exec(first) ?? [];
  const wanted = schemaFile(schemaNames.find((each) => name.startsWith(each)) ?? 'rig');
  expect(resolve(dirname(file), schema)).toBe(join(rigs, 'schema', wanted));
});

test.each(rigFiles)('%s can be used as it is', (name) => {
  expect(loadRig(join(rigs, name)).warnings).toEqual([]);
});

test('the two simulated rigs can be used side by side', () => {
  expect(loadRigs(rigFiles.filter((name) => name.startsWith('simulated')).map((name) => join(rigs, name)))).toHaveLength(2);
});

test.each(pairFiles)('%s is a sound pair', (name) => {
  expect(packagePair.safeParse(parse(readFileSync(join(rigs, name), 'utf8'))).error).toBeUndefined();
});

test.each(criteriaFiles)('%s can be used as it is', (name) => {
  expect(loadCriteria(join(rigs, name)).definition.name).toBe(name.replace(/^criteria\/|\.yaml$/g, ''));
});
