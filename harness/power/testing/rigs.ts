import { systemClock, type Clock } from '../../base/clock.js';
import { Secrets } from '../../base/secrets.js';
import { memoryJournal } from '../../journal/journal.js';
import { rigDefinition, type RigDefinition } from '../../rig/schema.js';

/** A rig with the given power; powerCuts allowed. */
export function rigWith(power: object, scale = 0.01): RigDefinition {
  return rigDefinition.parse({
    name: 'bench',
    module: 'EC25',
    unit: { imei: '861107030000001' },
    power,
    ...('simulated' in power ? {} : { lines: { uart: { device: '/dev/ttyS1' } } }),
    network: { apn: 'internet' },
    delivery: { ufs: true, sd: true },
    safety: { powerCuts: !('command' in power) || 'supplyOff' in (power.command as object) },
    timing: { scale },
  });
}

export type MemoryJournal = ReturnType<typeof memoryJournal>;

export function journalFor(clock: Clock = systemClock): MemoryJournal {
  return memoryJournal({ clock, secrets: new Secrets() });
}

/** The power events of a journal as a line each, for example `do 1 supply off` and `done 1`. */
export function powerText(journal: MemoryJournal): string[] {
  return journal.events.flatMap((event) => {
    if (event.type === 'power.do') {
      return [`do ${String(event.id)} ${event.wire} ${event.action}${event.ms === undefined ? '' : ` ${String(event.ms)}`}`];
    }
    if (event.type === 'power.done') return [`done ${String(event.id)}${event.error === undefined ? '' : `: ${event.error}`}`];
    if (event.type === 'power.status') return [`status ${event.on ? 'on' : 'off'} ${event.how}`];
    return event.type === 'rig.fault' ? [`fault: ${event.what}`] : [];
  });
}
