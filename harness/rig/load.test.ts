import fc from 'fast-check';
import { join } from 'node:path';
import { loadRig } from './load.js';
import { Definitions, rigText, sound } from './testing/definitions.js';

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
const wrongRig = (text: string | Buffer): string[] => {
  const file = write('rig.yaml', text);
  return problemsOf(() => loadRig(file));
};

test('a sound rig: defaults filled in, durations in milliseconds', () => {
  const { definition, warnings } = loadRig(
    write('rig.yaml', rigText({ limits: '{ boot: 90s, download: 0.5h, upgrade: 1200 }' })),
  );
  expect(definition).toMatchObject({
    limits: { boot: 90_000, download: 1_800_000, upgrade: 1_200_000 },
    firmware: { retries: 5, reading: 'either', afterRetries: 'rolled-back' },
    safety: { powerCuts: false },
    timing: { scale: 1 },
    lines: { uart: { device: '/dev/ttyS1', baudRate: 115_200 } },
  });
  expect(warnings).toEqual([]);
});

describe('what is wrong is told with its place, its key, what was seen and what is allowed', () => {
  const allowedAbove = 'name, module, unit, lines, power, sim, network, delivery, firmware, safety, timing, limits, restore';
  const cases: [string, Record<string, string | null>, string[]][] = [
    ['misspelt key', { nmae: 'x' }, [`rig.yaml:8:«nmae»: nmae: unknown key; did you mean name?; allowed: ${allowedAbove}`]],
    [
      'key of another place',
      { boot: '5s' },
      [`rig.yaml:8:«boot»: boot: unknown key; did you mean limits.boot?; allowed: ${allowedAbove}`],
    ],
    ['key like nothing', { zzz: '5s' }, [`rig.yaml:8:«zzz»: zzz: unknown key; allowed: ${allowedAbove}`]],
    ['prototype as a key', { __proto__x: '{}' }, [`rig.yaml:8:«__proto__x»: __proto__x: unknown key; allowed: ${allowedAbove}`]],
    ['wrong choice', { module: 'EC26' }, ['rig.yaml:2:«EC26»: module: seen "EC26"; allowed: EC25 or EC21']],
    [
      'number for text',
      { unit: '{ imei: 861107030000001 }' },
      ['rig.yaml:3:«861107030000001»: unit.imei: seen the number 861107030000001; allowed: 15 digits, in quotes'],
    ],
    [
      'missing key',
      { network: '{}' },
      ['rig.yaml:6:«{»: network.apn: is missing; allowed: an access point name without blanks and quotes'],
    ],
    [
      'key without a value',
      { power: '{ simulated: }', lines: null },
      [
        'rig.yaml:4:«simulated»: power.simulated: seen nothing; allowed: a mapping with the keys profile, reading, cutsCount, ufsSize, flashMinutes, defects ({} leaves every key at its default)',
      ],
    ],
    ['no kind of power', { power: '{}' }, ['rig.yaml:5:«{»: power: needs exactly one of gpio, command, simulated']],
    [
      'gpio line as a mapping with mistakes inside',
      { power: '{ gpio: { chip: gpiochip0, supply: { line: 3, activelow: maybe }, powerKey: { line: -1 } } }' },
      [
        'rig.yaml:5:«activelow»: power.gpio.supply.activelow: unknown key; did you mean activeLow?; allowed: chip, line, activeLow, openDrain, bias',
        'rig.yaml:5:«-1»: power.gpio.powerKey.line: seen the number -1; allowed: a whole number from 0 to 1023, or the name of a line',
      ],
    ],
    [
      'gpio line of no allowed form',
      { power: '{ gpio: { chip: gpiochip0, supply: [3] } }' },
      [
        'rig.yaml:5:«[»: power.gpio.supply: seen a list of 1; allowed: a whole number from 0 to 1023, or the name of a line, or a mapping with the keys chip, line, activeLow, openDrain, bias',
      ],
    ],
    [
      'command as a string',
      { power: '{ command: { powerKey: "key {ms}" } }' },
      [
        'rig.yaml:5:«"key {ms}"»: power.command.powerKey: seen "key {ms}"; allowed: a list, each entry text without NUL characters',
      ],
    ],
    [
      'argument that is no text',
      { power: '{ command: { powerKey: [key, "{ms}", 3] } }' },
      ['rig.yaml:5:«3»: power.command.powerKey[2]: seen the number 3; allowed: text without NUL characters'],
    ],
    [
      'command without what it needs',
      { power: '{ command: { supplyOn: [on], reset: [reset] } }' },
      [
        'rig.yaml:5:«[»: power.command.supplyOn: goes with supplyOff, which is missing',
        'rig.yaml:5:«[»: power.command.reset: needs {ms} in an argument: the width of the pulse differs from use to use',
      ],
    ],
    [
      'command that switches nothing',
      { power: '{ command: { status: [status] } }' },
      ['rig.yaml:5:«{»: power.command: cannot switch the unit: needs supplyOn and supplyOff, or powerKey'],
    ],
    [
      'no lines',
      { lines: null },
      ['rig.yaml:1:«name»: lines: is missing: a rig that is not simulated needs at least one of lines.at, lines.uart'],
    ],
    ['lines of nothing', { lines: '{}' }, ['rig.yaml:4:«{»: lines: needs at least one of at, uart']],
    [
      'lines on a simulated rig',
      { power: '{ simulated: {} }' },
      ['rig.yaml:4:«{»: lines: a simulated rig brings its own lines: leave this key out'],
    ],
    [
      'line without an address',
      { lines: '{ at: { baudRate: 9600 } }' },
      ['rig.yaml:4:«{»: lines.at: needs either usb or device, not both'],
    ],
    [
      'cuts without a supply wire',
      { safety: '{ powerCuts: true }' },
      [
        'rig.yaml:8:«true»: safety.powerCuts: seen true; power cannot be cut without a supply wire: needs power.command.supplyOn and supplyOff, or say false',
      ],
    ],
    [
      'wrong duration',
      { limits: '{ boot: 3 minutes, download: -1, upgrade: 0s }' },
      [
        'rig.yaml:8:«3»: limits.boot: seen "3 minutes"; allowed: a duration such as 500ms, 60s, 5m or 2h',
        'rig.yaml:8:«-1»: limits.download: seen the number -1; allowed: a duration such as 500ms, 60s, 5m or 2h, or a number above 0',
        'rig.yaml:8:«0s»: limits.upgrade: seen "0s"; needs more than nothing, and at most 720h',
      ],
    ],
    [
      'addresses and ports',
      {
        delivery:
          '{ ftp: { listen: "0.0.0.0:2121", advertise: "lab:0", passivePorts: 2200-2100 }, http: { listen: "a:b", advertise: "0.0.0.0:80" } }',
      },
      [
        'rig.yaml:7:«"lab:0"»: delivery.ftp.advertise: seen "lab:0"; needs a port from 1 to 65535',
        'rig.yaml:7:«2200-2100»: delivery.ftp.passivePorts: seen "2200-2100"; needs the first port not above the last',
        'rig.yaml:7:«"a:b"»: delivery.http.listen: seen "a:b"; allowed: host:port, for example 0.0.0.0:2121',
        'rig.yaml:7:«"0.0.0.0:80"»: delivery.http.advertise: seen "0.0.0.0:80"; needs an address that the module can reach, not a wildcard',
      ],
    ],
    [
      'several at once, in the order of the file',
      { network: '{ apm: internet }', module: '25', timing: '{ scale: 0 }' },
      [
        'rig.yaml:2:«25»: module: seen the number 25; allowed: EC25 or EC21',
        'rig.yaml:6:«{»: network.apn: is missing; allowed: an access point name without blanks and quotes',
        'rig.yaml:6:«apm»: network.apm: unknown key; did you mean apn?; allowed: apn, registration',
        'rig.yaml:8:«0»: timing.scale: seen the number 0; allowed: a number above 0, at most 100',
      ],
    ],
  ];
  test.each(cases)('%s', (_name, changes, expected) => {
    expect(wrongRig(rigText(changes))).toEqual(expected);
  });

  test('a key that stands twice, a tab, an alias, a second document, an unknown tag', () => {
    expect(wrongRig(`${rigText()}name: other\n`)).toEqual(['rig.yaml:8:«name»: this key stands here a second time']);
    expect(wrongRig('power:\n\tsimulated: {}\n')).toEqual(['rig.yaml:2:«\t»: a tab: YAML is indented with blanks only']);
    expect(wrongRig('a: &a [x]\nb: *a\n')).toEqual([
      'rig.yaml:2:«*»: *a: aliases are not used in definitions; write the value out',
    ]);
    expect(wrongRig(`${rigText()}---\nname: b\n`)).toEqual([
      'rig.yaml:8:«---»: a second document (after ---): one file holds one definition',
    ]);
    expect(wrongRig('name: !!js/function x\n')).toEqual([expect.stringMatching(/^rig.yaml:1:«!»: not YAML: Unresolved tag/)]);
  });

  test('in block form the key is pointed at when its mapping lacks something', () => {
    const block =
      rigText({ network: null, power: null }) + 'power:\n  gpio:\n    chip: gpiochip0\nnetwork:\n  registration: true\n';
    expect(wrongRig(block)).toEqual([
      'rig.yaml:7:«gpio»: power.gpio: cannot switch the unit: needs supply or powerKey',
      'rig.yaml:9:«network»: network.apn: is missing; allowed: an access point name without blanks and quotes',
    ]);
  });

  test('an alias bomb is refused before it goes off', () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `a${String(level + 1)}: &a${String(level + 1)} [*a${String(level)}, *a${String(level)}]`,
    );
    expect(wrongRig(`a0: &a0 boom\n${levels.join('\n')}\n`)).toHaveLength(60);
  });

  test('files that are no definition', () => {
    expect(wrongRig('')).toEqual(['rig.yaml: is empty']);
    expect(wrongRig('# only a remark\n')).toEqual(['rig.yaml: is empty']);
    expect(wrongRig('just text')).toEqual([expect.stringMatching(/^rig.yaml:1:«just»: seen "just text"; allowed: a mapping/)]);
    expect(wrongRig(Buffer.from([0x66, 0xff, 0xfe]))).toEqual(['rig.yaml: is not UTF-8 text']);
    expect(wrongRig(Buffer.alloc(300_000, '#'))).toEqual([expect.stringContaining('300000 bytes long')]);
    expect(problemsOf(() => loadRig(folder))).toEqual([`${folder}: is a folder; a YAML file is needed`]);
    expect(problemsOf(() => loadRig('/dev/zero'))).toEqual(['/dev/zero: is not an ordinary file']);
    expect(problemsOf(() => loadRig(join(folder, 'no.yaml')))).toEqual(['no.yaml: there is no such file']);
    expect(wrongRig('['.repeat(100_000))).not.toEqual([]);
    expect(wrongRig(`${'{a: '.repeat(5000)}x${'}'.repeat(5000)}`)).not.toEqual([]);
  });

  test('a byte order mark and CR LF are no mistakes', () => {
    expect(wrongRig(`\ufeff${rigText().replaceAll('\n', '\r\n')}`)).toEqual([]);
  });

  test('no text whatever makes anything but a list of problems', () => {
    const scraps = fc.constantFrom(
      'power:',
      ' ',
      '\n',
      '{',
      '}',
      '[',
      ']',
      '- ',
      '&a',
      '*a',
      '!!map',
      ': ',
      '"',
      "'",
      '|',
      '? ',
      '---',
      '\t',
      '#',
    );
    const hostile = fc.array(fc.oneof(scraps, fc.string()), { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(hostile, (text) => {
        for (const problem of [...wrongRig(text), ...wrongRig(rigText() + text)]) expect(problem).toMatch(/^rig\.yaml/);
      }),
      { numRuns: 300 },
    );
  });

  test('any value under any key is refused with that key or accepted', () => {
    const keys = Object.keys(sound);
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
        for (const problem of wrongRig(rigText({ [key]: JSON.stringify(value) }))) {
          // An unusable power wire shows in what relies on it; all else belongs to the key itself.
          expect(problem).toMatch(new RegExp(`^rig\\.yaml:\\d+:«.*?»: ${key}\\b`));
        }
      }),
      { numRuns: 300 },
    );
  });
});

test('programs that start with ./ are looked for beside the rig file', () => {
  const power = '{ command: { powerKey: [../key.sh, "{ms}"], status: [status, ./x] } }';
  const { definition } = loadRig(write('deep/rig.yaml', rigText({ power, restore: '{ command: [./flash.sh] }' })));
  expect(definition.power.command?.powerKey).toEqual([join(folder, 'key.sh'), '{ms}']);
  expect(definition.power.command?.status).toEqual(['status', './x']);
  expect(definition.restore?.command).toEqual([join(folder, 'deep', 'flash.sh')]);
});

test('a ttyUSB number and a rig that nothing can reach are usable, with a warning', () => {
  const file = write('rig.yaml', rigText({ lines: '{ at: { device: /dev/ttyUSB2 } }', delivery: '{}' }));
  expect(loadRig(file).warnings.map(({ place, what }) => `${String(place.line)} ${place.key ?? ''} ${what}`)).toEqual([
    expect.stringMatching(/^4 lines\.at\.device this number changes/),
    expect.stringMatching(/^7 delivery no package can reach/),
  ]);
});
