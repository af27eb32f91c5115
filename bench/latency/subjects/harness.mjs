// The harness under test, as `cutTrial` uses it: line, AT dialogue, trigger, power, journal, each the real one. Only the upgrade around them is
// left out, and each report is a cut of its own.
//
//   harness.mjs DEVICE unit:SOCKET          power over a simulated unit's control socket
//   harness.mjs DEVICE raw:SOCKET           power by one write(2), as a GPIO line takes one system call
//   harness.mjs DEVICE gpio:CHIP,OFFSET     power on a GPIO line
import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connected, need, offMs } from './parts.mjs';

const { systemClock: clock } = need('base/clock.js');
const { Secrets } = need('base/secrets.js');
const { openJournal } = need('journal/journal.js');
const { openLine } = need('line/line.js');
const { openAtPort } = need('at/port.js');
const { Ports } = need('module/ports.js');
const { openPower } = need('power/open.js');
const { ControlClient } = need('power/simulated/control.js');
const { powerTiming } = need('power/timing.js');
const { WiredPower } = need('power/wired-power.js');
const { rigDefinition } = need('rig/schema.js');
const { Trigger } = need('campaign/trigger.js');

const [, , device, supply] = process.argv;
const [, kind, place] = /^(unit|raw|gpio):(.+)$/.exec(supply);
/** The supply stays off for 3 s × scale: 3 ms, or as long as the other programs leave a GPIO line off. */
const scale = kind === 'gpio' ? offMs / 3000 : 0.001;
const folder = mkdtempSync(join(tmpdir(), 'bench-latency-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
process.env.DFOTA_STATE ??= folder;

const secrets = new Secrets();
const journal = openJournal(join(folder, 'journal.jsonl'), { clock, secrets, rig: 'bench' });
const { power, ready } = await openSupply();
const line = openLine({ device, baudRate: 115_200 }, 'at', { journal, clock, secrets });
const port = openAtPort(line, { journal, clock });
const ports = new Ports({ lines: { at: { line, port } }, journal, clock });
ports.onSighting(() => undefined);

let powerEvent = 0;
const events = [];
const point = { anchor: 'updating', percent: 0, delay: 0 };
const trigger = new Trigger({
  points: Array.from({ length: 1_000_000 }, () => point),
  scale: 1,
  clock,
  strike: () => power.strike(),
  fire: (index, since, written) => {
    power.cut('bench');
    const latency = written - since;
    journal.write({ type: 'trial.cut', trial: 'bench/1', index, asked: 'updating@0%', powerEvent, latency, written });
    void again();
  },
});
journal.subscribe((event) => {
  events.push(event);
  if (events.length > 10_000) events.length = 0;
  if (event.type === 'power.do' && event.action === 'off') powerEvent = event.n;
  trigger.onEvent(event);
});
port.onUrc((urc) => trigger.onUrc(urc));
port.onEarlyReport((report, t) => trigger.onEarlyReport(report, t));
await power.supply(true, 'bench');
await new Promise((resolve) => (port.connected ? resolve() : port.onConnection(resolve)));
ready();

async function again() {
  await power.settled();
  await power.supply(true, 'bench');
  trigger.next();
  ready();
}

async function openSupply() {
  if (kind === 'gpio') {
    const [chip, offset] = place.split(',');
    const rig = rigDefinition.parse({
      name: 'bench',
      module: 'EC25',
      unit: { imei: '861107030000001' },
      lines: { at: { device } },
      power: { gpio: { chip, supply: Number(offset) } },
      network: { apn: 'internet' },
      delivery: { ufs: true },
      safety: { powerCuts: true },
      timing: { scale },
    });
    return { power: await openPower(rig, { journal, clock }), ready: () => undefined };
  }
  const options = { rig: 'bench', powerCuts: true, timing: powerTiming(scale), closeWithin: 5000, journal, clock };
  if (kind === 'unit') {
    const { simulatedWires } = need('power/simulated/wires.js');
    const control = await ControlClient.open(place, clock);
    return {
      power: new WiredPower(simulatedWires(control, clock), options),
      ready: () => control.post({ do: 'ready' }),
    };
  }
  const socket = await connected(place);
  const descriptor = socket._handle.fd;
  const bytes = { true: Buffer.from('{"do":"supply","on":true}\n'), false: Buffer.from('{"do":"supply","on":false}\n') };
  const wires = {
    kind: 'gpio',
    has: { supply: true, vbus: false, powerKey: false, reset: false, status: false },
    async set(_wire, on) {
      writeSync(descriptor, bytes[on]);
      return {};
    },
    onStatus: () => () => undefined,
    makeSafeNow: () => undefined,
  };
  return { power: new WiredPower(wires, options), ready: () => socket.write('ready\n') };
}
