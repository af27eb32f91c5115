import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { loadRig, loadRigs } from './load.js';
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

describe('rigs side by side', () => {
  const other = (changes: Record<string, string | null>): Record<string, string | null> => ({
    name: 'ec25-b',
    unit: '{ imei: "861107030000002" }',
    lines: '{ uart: { device: /dev/ttyS2 } }',
    ...changes,
  });
  const both = (one: Record<string, string | null>, two: Record<string, string | null>): string[] => {
    const files = [write('a.yaml', rigText(one)), write('b.yaml', rigText(other(two)))];
    return problemsOf(() => loadRigs(files));
  };

  test('two that share nothing are read in the order given', () => {
    const files = [write('b.yaml', rigText(other({}))), write('a.yaml', rigText())];
    expect(loadRigs(files).map((rig) => rig.definition.name)).toEqual(['ec25-b', 'ec25-a']);
  });

  test('one name, one unit', () => {
    expect(both({}, { name: 'ec25-a' })).toEqual([
      'b.yaml:1:«ec25-a»: name: the name ec25-a is taken already by rig ec25-a, at a.yaml:1:«ec25-a»: name',
    ]);
    expect(both({}, { unit: sound['unit'] ?? '' })).toEqual([
      'b.yaml:3:«"861107030000001"»: unit.imei: the unit 861107030000001 is taken already by rig ec25-a, at a.yaml:3:«"861107030000001"»: unit.imei',
    ]);
  });

  test('one USB interface; another interface of the same module is another line', () => {
    const usb = (number: number) => ({ lines: `{ at: { usb: { path: 1-1.4, interface: ${String(number)} } } }` });
    expect(both(usb(2), usb(2))).toEqual([
      'b.yaml:4:«{»: lines.at.usb: interface 2 of the USB device at 1-1.4 is taken already by rig ec25-a, at a.yaml:4:«{»: lines.at.usb',
    ]);
    expect(both(usb(2), usb(3))).toEqual([]);
  });

  test('one device under two names', () => {
    const device = write('tty', '');
    symlinkSync(device, join(folder, 'link'));
    symlinkSync(join(folder, 'link'), join(folder, 'link-to-link'));
    const line = (name: string) => ({ lines: `{ uart: { device: ${join(folder, name)} } }` });
    expect(both(line('link'), line('link-to-link'))).toEqual([expect.stringContaining('is taken already by rig ec25-a')]);
    expect(both(line('gone'), line('./gone'))).toEqual([expect.stringContaining('is taken already')]);
    expect(both(line('link'), line('gone'))).toEqual([]);
  });

  test('both lines of one rig on one device', () => {
    expect(wrongRig(rigText({ lines: '{ at: { device: /dev/ttyS1 }, uart: { device: /dev/ttyS1 } }' }))).toEqual([
      expect.stringMatching(
        /^rig\.yaml:4:«\/dev\/ttyS1»: lines\.uart\.device: .* by this rig, at rig\.yaml:4:«\/dev\/ttyS1»: lines\.at/,
      ),
    ]);
  });

  test('one GPIO line, in one rig or in two, whatever the form', () => {
    const gpio = (wires: string) => ({ power: `{ gpio: { chip: gpiochip0, ${wires} } }` });
    expect(wrongRig(rigText(gpio('supply: 5, powerKey: { line: 5 }')))).toEqual([
      'rig.yaml:5:«{»: power.gpio.powerKey: line 5 of gpiochip0 is taken already by this rig, at rig.yaml:5:«5»: power.gpio.supply',
    ]);
    expect(both(gpio('supply: 5'), gpio('supply: { chip: /dev/gpiochip0, line: 5 }'))).toHaveLength(1);
    expect(both(gpio('supply: 5'), gpio('supply: { chip: gpiochip1, line: 5 }'))).toEqual([]);
    expect(both(gpio('supply: PWR'), gpio('supply: PWR'))).toHaveLength(1);
    write('gpiochip0', '');
    symlinkSync(join(folder, 'gpiochip0'), join(folder, 'rig-b'));
    expect(both(gpio('supply: 5'), gpio(`supply: { chip: ${join(folder, 'rig-b')}, line: 5 }`))).toHaveLength(1);
  });

  test('one listen port, or one inside a passive range; port 0 is always free', () => {
    const http = (listen: string) => ({ delivery: `{ http: { listen: "${listen}", advertise: "lab:80" } }` });
    expect(both(http('0.0.0.0:8080'), http('127.0.0.1:8080'))).toEqual([
      expect.stringMatching(/^b\.yaml:7:«"127.0.0.1:8080"»: delivery\.http\.listen: port 8080 is listened on by rig ec25-a/),
    ]);
    expect(both(http('127.0.0.1:8080'), http('127.0.0.2:8080'))).toEqual([]);
    expect(both(http('127.0.0.1:0'), http('127.0.0.1:0'))).toEqual([]);
    const ftp = { delivery: '{ ftp: { listen: "0.0.0.0:2121", advertise: "lab:21", passivePorts: 8000-8100 } }' };
    expect(both(ftp, http('0.0.0.0:8080'))).toEqual([
      expect.stringMatching(/^a\.yaml:7:«8000-8100»: delivery\.ftp\.passivePorts: port 8080/),
    ]);
  });

  test('the problems of all files are told at once', () => {
    expect(both({ module: 'EC26' }, { network: '{ apn: 5 }' })).toHaveLength(2);
  });
});
