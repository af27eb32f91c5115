import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requirements } from '../verdict/requirements.js';
import { requiredBy, requirementIds } from './criteria-schema.js';
import { loadCriteria, parseCriteria } from './criteria.js';
import { DefinitionError } from './problems.js';

const folder = mkdtempSync(join(tmpdir(), 'dfota-criteria-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const least = 'name: least\nrequirements: { cover: [DG-13] }\nsources: [ufs]\n';
const wrongWith = (text: string): string => {
  try {
    parseCriteria('c.yaml', text);
  } catch (error) {
    if (error instanceof DefinitionError) return error.explain();
    throw error;
  }
  return 'nothing';
};

test('the ids are those that rules and reports know', () => {
  expect(requirementIds).toEqual(requirements.map(({ id }) => id));
});

test('what is left out asks for nothing', () => {
  const { definition, sha256, text } = parseCriteria('c.yaml', least);
  expect(definition).toEqual({
    name: 'least',
    requirements: { cover: ['DG-13'], except: {} },
    sources: ['ufs'],
    units: 1,
    suites: [],
  });
  expect(text).toBe(least);
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(parseCriteria('c.yaml', `${least}# a remark\n`).sha256).not.toBe(sha256);
});

test('all means all but those that are excepted, in their order', () => {
  const all = parseCriteria('c.yaml', least.replace('[DG-13]', 'all'));
  expect(requiredBy(all.definition)).toEqual(requirementIds);
  const but = parseCriteria('c.yaml', least.replace('[DG-13]', 'all, except: { DG-16: no FTP, DH-09: no net }'));
  expect(requiredBy(but.definition)).toEqual(requirementIds.filter((id) => id !== 'DG-16' && id !== 'DH-09'));
  const some = parseCriteria('c.yaml', least.replace('[DG-13]', '[DH-03, DG-13]'));
  expect(requiredBy(some.definition)).toEqual(['DG-13', 'DH-03']);
});

test.each<[string, string, RegExp]>([
  [
    'an unknown requirement',
    least.replace('DG-13', 'DG-33'),
    /^c\.yaml:2:25: requirements\.cover\[0\]: seen "DG-33"; allowed: .*DG-01/,
  ],
  [
    'an exception of nothing',
    least.replace('[DG-13]', 'all, except: { DX-1: why }'),
    /^c\.yaml:2:\d+: requirements\.except\.DX-1: /,
  ],
  [
    'an exception without a reason',
    least.replace('[DG-13]', "all, except: { DH-09: ' ' }"),
    /^c\.yaml:2:\d+: requirements\.except\.DH-09: /,
  ],
  ['an unknown key', `${least}unit: 2\n`, /^c\.yaml:4:1: unit: unknown key; did you mean units\?/],
  ['a source twice', least.replace('[ufs]', '[ufs, ufs]'), /^c\.yaml:3:\d+: sources: the same source twice/],
  ['no source', least.replace('[ufs]', '[]'), /^c\.yaml:3:\d+: sources: /],
  ['a phase that there is not', `${least}cuts: { phases: { flash: 3 } }\n`, /^c\.yaml:4:\d+: cuts\.phases\.flash: unknown key/],
  [
    'a bound of nothing',
    `${least}cuts: { failureRate: { below: 0 } }\n`,
    /^c\.yaml:4:\d+: cuts\.failureRate\.below: seen the number 0/,
  ],
  ['half a cut', `${least}cuts: { phases: { start: 0.5 } }\n`, /^c\.yaml:4:\d+: cuts\.phases\.start: seen the number 0\.5/],
  ['no name', least.replace('name: least\n', ''), /^c\.yaml:\d+:\d+: name: is missing/],
  ['no YAML', 'name: [', /^c\.yaml:\d+:\d+: not YAML/],
])('%s is told with its place', (_, text, message) => {
  expect(wrongWith(text)).toMatch(message);
  expect(wrongWith(text)).toContain('docs/qualification.md');
});

test('a file that is not there is told', () => {
  expect(() => loadCriteria(join(folder, 'no.yaml'))).toThrow(/there is no such file/);
  const file = join(folder, 'latin.yaml');
  writeFileSync(file, Buffer.from([0x6e, 0xff]));
  expect(() => loadCriteria(file)).toThrow(/not UTF-8/);
});
