import { ruleOutsideVerdicts, by, cutsOf, mismatches, rightOwners, type Expectation } from './expectation.js';
import { expectations } from './expectations.js';
import { hostCatalogue } from './host.js';
import { parseCatalogue, readCatalogue, type Defect } from './catalogue.js';
import { rules } from '../../verdict/rules/index.js';
import { sequenceRules } from '../../verdict/sequence.js';
import { suiteNames } from '../../jest/paths.js';

const defect = (name: string, owner: Defect['owner']): Defect => ({ name, owner, summary: 'does something else' });
const expectation = (name: string, ...caught: Expectation['by']): Expectation => ({
  defect: name,
  suite: 'identity',
  by: caught,
});

const served = new Map<string, readonly string[]>([
  ...rules.map(({ id, serves }) => [id, serves] as const),
  ...sequenceRules.map(({ id, requirement }) => [id, [requirement]] as const),
  ...ruleOutsideVerdicts.map((id) => [id, []] as const),
]);

test('each defect of the simulator has one expectation, and each expectation a defect', () => {
  expect(mismatches([...readCatalogue(), ...hostCatalogue], expectations)).toEqual([]);
});

test.each(expectations)('$defect is to be caught by rules that there are, in a suite that there is', (one) => {
  if (one.suite === undefined) expect(one.check).toEqual(expect.any(String));
  else expect(suiteNames).toEqual(expect.arrayContaining([one.suite].flat()));
  if (cutsOf(one).length > 0) expect([one.suite, one.tests]).toEqual(['power-cut', undefined]);
  for (const { rule, requirements } of one.by) {
    expect([...served.keys()]).toContain(rule);
    if (rule !== 'rigs.check') expect(served.get(rule)).toEqual(expect.arrayContaining([...requirements]));
  }
});

test('what is missing on either side, doubled or contradictory is told', () => {
  const catalogue = [defect('a', 'firmware'), defect('b', 'rig'), defect('c', 'harmless'), defect('d', 'firmware')];
  const table = [
    expectation('a', by('percent.range')),
    expectation('a', by('percent.range')),
    expectation('c', by('percent.range')),
    expectation('d'),
    expectation('e', by('percent.range')),
  ];
  expect(mismatches(catalogue, table)).toEqual([
    'a has two expectations',
    'c is harmless, yet a rule is to catch it',
    'd has no rule that is to catch it',
    'e is expected, but the simulator has no such defect',
    'b is a defect of the simulator without an expectation',
  ]);
});

test('a fault of the rig is the rig’s or the harness’s, never the firmware’s', () => {
  expect(rightOwners(defect('a', 'rig'), expectation('a'))).toEqual(['rig', 'harness']);
  expect(rightOwners(defect('a', 'firmware'), expectation('a'))).toEqual(['firmware']);
  expect(rightOwners(defect('a', 'firmware'), { ...expectation('a'), owners: ['package'] })).toEqual(['package']);
});

test('a catalogue that is none is refused', () => {
  const one = { name: 'a', summary: 'does something else', owner: 'firmware', harmless: false, more: 1 };
  expect(parseCatalogue(JSON.stringify([one]))).toEqual([defect('a', 'firmware')]);
  expect(parseCatalogue(JSON.stringify([{ ...one, harmless: true }]))).toEqual([defect('a', 'harmless')]);
  expect(() => parseCatalogue(JSON.stringify([one, one]))).toThrow('lists a twice');
  expect(() => parseCatalogue(JSON.stringify([{ ...one, owner: 'nobody' }]))).toThrow(/owner/);
});
