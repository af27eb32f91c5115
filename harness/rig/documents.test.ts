/** The rigs and parts of rigs in the documents: a reader copies them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { rigDefinition, type RigDefinition } from './schema.js';

const root = join(__dirname, '..', '..');

/** Each YAML block of a document that has a top-level `power`; what it leaves out is that of a small rig. */
function rigsIn(document: string): RigDefinition[] {
  const text = readFileSync(join(root, 'docs', document), 'utf8');
  return [...text.matchAll(/^```yaml\n(.*?)^```$/gms)]
    .map(([, block = '']) => parse(block) as Record<string, unknown>)
    .filter((part) => 'power' in part)
    .map((part) => rigDefinition.parse({ ...small, ...part }));
}

const small = {
  name: 'small',
  module: 'EC25',
  unit: { imei: '861107030000001' },
  lines: { at: { usb: { path: '1-1.4', interface: 2 } } },
  network: { apn: 'internet' },
  delivery: { ufs: true },
};

test('docs/rigs.md: a cable and nothing else; a card whose hub port is its supply, without PWRKEY, uncut until it was checked', () => {
  const [cable, card, ...more] = rigsIn('rigs.md');
  expect(Object.keys(cable?.power.command ?? {}).sort()).toEqual(['powerKey', 'timeout']);
  expect(card?.name).toBe('ec25-card');
  expect(Object.keys(card?.power.command ?? {}).sort()).toEqual(['supplyOff', 'supplyOn', 'timeout']);
  expect(card?.safety.powerCuts).toBe(false);
  expect(more).toEqual([]);
});

test('docs/wiring.md: gpioset of libgpiod 1.6 and of 2.x, for every wire', () => {
  const wires = ['powerKey', 'reset', 'status', 'supplyOff', 'supplyOn', 'timeout', 'vbusOff', 'vbusOn'];
  expect(rigsIn('wiring.md').map(({ power }) => Object.keys(power.command ?? {}).sort())).toEqual([wires, wires]);
});

test('docs/gpio.md: names of lines', () => {
  expect(rigsIn('gpio.md').map(({ power }) => power.gpio?.chip)).toEqual(['pinctrl-bcm2711']);
});

test('the example with GPIO has the wires of docs/wiring.md: keys through transistors that invert, STATUS as an open drain', () => {
  const { power } = rigDefinition.parse(parse(readFileSync(join(root, 'rigs', 'example-ec25.yaml'), 'utf8')));
  expect(power.gpio?.powerKey).toMatchObject({ line: 13, activeLow: false });
  expect(power.gpio?.reset).toMatchObject({ line: 19, activeLow: false });
  expect(power.gpio?.status).toMatchObject({ line: 26, activeLow: true, bias: 'pull-up' });
});
