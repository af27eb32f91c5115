import { join } from 'node:path';
import { checkPairFits, loadPair, loadRig } from './load.js';
import { Definitions, rigText } from './testing/definitions.js';

let definitions: Definitions;
let folder: string;
beforeEach(() => {
  definitions = new Definitions();
  ({ folder } = definitions);
});
afterEach(() => {
  definitions.remove();
});

const write = (name: string, text: string | Buffer): string => definitions.write(name, text);
const problemsOf = (load: () => unknown): string[] => definitions.problemsOf(load);
describe('package pairs', () => {
  const pairText = (changes: Record<string, string> = {}): string =>
    Object.entries({
      name: 'pair',
      module: 'EC25',
      versions: '{ v12: A12, v13: A13 }',
      upgrade: '{ file: up.zip, from: v12, to: v13 }',
      downgrade: '{ file: down.zip, from: v13, to: v12 }',
      ...changes,
    })
      .map(([key, value]) => `${key}: ${value}\n`)
      .join('');
  const wrongPair = (changes: Record<string, string>): string[] => {
    const file = write('pair.yaml', pairText(changes));
    return problemsOf(() => loadPair(file));
  };
  beforeEach(() => {
    write('up.zip', 'x');
    write('down.zip', 'x');
  });

  test('a sound one: files are found beside it', () => {
    expect(loadPair(write('pair.yaml', pairText())).files).toEqual({
      upgrade: join(folder, 'up.zip'),
      downgrade: join(folder, 'down.zip'),
    });
  });

  test('files that are not there', () => {
    expect(wrongPair({ upgrade: '{ file: no.zip, from: v12, to: v13 }' })).toEqual([
      'pair.yaml:4:«no.zip»: upgrade.file: there is no file no.zip',
    ]);
    expect(wrongPair({ upgrade: '{ file: ., from: v12, to: v13 }' })).toEqual([
      expect.stringContaining('is not an ordinary file'),
    ]);
    expect(wrongPair({ upgrade: `{ file: ${'x'.repeat(5000)}, from: v12, to: v13 }` })).toEqual([
      expect.stringContaining('cannot be used'),
    ]);
    expect(wrongPair({ upgrade: '{ file: packages/simulated/x.zip, from: v12, to: v13 }' })).toEqual([
      expect.stringContaining('npm run packages'),
    ]);
  });

  test('versions that do not fit together', () => {
    expect(wrongPair({ upgrade: '{ file: up.zip, from: v11, to: v13 }' })).toEqual([
      'pair.yaml:4:«v11»: upgrade.from: seen "v11"; v11 is not one of versions (v12, v13)',
      'pair.yaml:5:«{»: downgrade: must lead back from v13 to v11, where upgrade comes from',
    ]);
    expect(wrongPair({ upgrade: '{ file: up.zip, from: toString, to: v13 }' })[0]).toContain('toString is not one of versions');
    expect(wrongPair({ versions: '{ v12: A12, v13: A12 }' })).toEqual([expect.stringContaining('the same revision as v12')]);
    expect(wrongPair({ versions: '{ "v 12": A12, v12: A12 B, v13: A13 }' })).toEqual([
      'pair.yaml:3:«"v 12"»: versions.v 12: not a usable name; allowed: letters, digits, underscore, dot and dash',
      'pair.yaml:3:«A12»: versions.v12: seen "A12 B"; allowed: a revision as ATI prints it, without blanks',
    ]);
  });

  test('a pair for the other module is refused', () => {
    const rig = loadRig(write('rig.yaml', rigText()));
    checkPairFits(rig, loadPair(write('pair.yaml', pairText())));
    const pair = loadPair(write('pair.yaml', pairText({ module: 'EC21' })));
    expect(
      problemsOf(() => {
        checkPairFits(rig, pair);
      }),
    ).toEqual(['pair.yaml:2:«EC21»: module: the packages are for EC21, but rig ec25-a (rig.yaml) has an EC25']);
  });
});
