import { loadRig } from './load.js';
import { parseBaseUrl, reachedAt } from './delivery-schema.js';
import { profileOf } from './profile.js';
import { Definitions, rigText } from './testing/definitions.js';

let definitions: Definitions;
beforeEach(() => {
  definitions = new Definitions();
});
afterEach(() => {
  definitions.remove();
});

const load = (delivery: string) => loadRig(definitions.write('rig.yaml', rigText({ delivery }))).definition;
const wrong = (delivery: string): string[] => definitions.problemsOf(() => load(delivery));

const ftp = 'url: "ftp://files.example.net/fota", userEnv: FOTA_USER, passwordEnv: FOTA_PASSWORD';

test('a server that is not ours: its address for the module, and the profile says so', () => {
  const rig = load(
    `{ ftp: { external: { ${ftp}, upload: {} } }, http: { external: { url: "http://files:8080", present: true } } }`,
  );
  expect(profileOf(rig)).toMatchObject({ sources: ['ftp', 'http'], external: ['ftp', 'http'] });
  expect(reachedAt('ftp', rig.delivery)).toEqual({ host: 'files.example.net', port: 21 });
  expect(reachedAt('http', rig.delivery)).toEqual({ host: 'files', port: 8080 });
});

test('servers of our own are in no such list', () => {
  const rig = load('{ http: { listen: "0.0.0.0:8080", advertise: "lab:80" } }');
  expect(profileOf(rig)).not.toHaveProperty('external');
  expect(reachedAt('http', rig.delivery)).toEqual({ host: 'lab', port: 80 });
  expect(reachedAt('ftp', rig.delivery)).toBeUndefined();
});

test.each([
  ['http: { }', /delivery\.http\.listen: is missing: a server of our own needs listen and advertise; or say external/],
  ['http: { listen: "0.0.0.0:80" }', /delivery\.http\.advertise: is missing/],
  [`ftp: { listen: "0.0.0.0:21", external: { ${ftp}, upload: {} } }`, /delivery\.ftp\.listen: .*does not go with external/],
  [`ftp: { external: { ${ftp} } }`, /delivery\.ftp\.external: needs exactly one of present: true and upload/],
  [`ftp: { external: { ${ftp}, present: true, upload: {} } }`, /needs exactly one of present: true and upload/],
  ['ftp: { external: { url: "ftp://files/fota", present: true } }', /delivery\.ftp\.external\.userEnv: is missing/],
  ['http: { external: { url: "http://files", present: true, userEnv: A } }', /external\.userEnv: unknown key/],
  [
    'http: { external: { url: "https://files/fota", present: true } }',
    /external\.url: .*the address of a folder, for example http:/,
  ],
  ['http: { external: { url: "http://me:secret@files", present: true } }', /no user or password in it/],
  ['http: { external: { url: "http://files:70000", present: true } }', /needs a port from 1 to 65535/],
  [`http: { external: { url: "http://${'h'.repeat(51)}", present: true } }`, /needs a host of at most 50 bytes \(guide 3\.1\)/],
  [`http: { external: { url: "http://files/${'f'.repeat(37)}", present: true } }`, /needs a folder of at most 36 bytes/],
  ['http: { external: { url: "http://files", upload: { userEnv: A } } }', /needs both userEnv and passwordEnv, or neither/],
  ['http: { external: { url: "http://files", present: false } }', /external\.present: seen false/],
])('%s is refused', (delivery, problem) => {
  expect(wrong(`{ ${delivery} }`).join('\n')).toMatch(problem);
});

test('the address of a folder, taken apart', () => {
  expect(parseBaseUrl('https://h.example:8443/a/b/')).toEqual({ scheme: 'https', host: 'h.example', port: 8443, folder: 'a/b' });
  expect(parseBaseUrl('ftp://h')).toEqual({ scheme: 'ftp', host: 'h', port: undefined, folder: '' });
  for (const bad of ['ftp://', 'http://h/a?b', 'http://h/../etc', 'http://h//x', 'file:///x', 'http://h/a b'])
    expect(() => parseBaseUrl(bad)).toThrow(RangeError);
});
