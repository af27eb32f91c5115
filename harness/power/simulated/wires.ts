import { pause, type Clock } from '../../base/clock.js';
import { WireFault, type Wires } from '../wires.js';
import type { ControlClient } from './control.js';

/** The wires of a simulated unit: all there are. */
export function simulatedWires(control: ControlClient, clock: Clock): Wires {
  const down = new Set<'powerKey' | 'reset'>();
  const release = async (key: 'powerKey' | 'reset'): Promise<void> => {
    if (!down.delete(key)) return;
    await control.request({ do: key, down: false });
  };
  return {
    kind: 'simulated',
    has: { supply: true, vbus: true, powerKey: true, reset: true, status: true },
    async set(wire, on) {
      await control.request({ do: wire, on });
      return {};
    },
    async press(key, ms) {
      down.add(key);
      try {
        // Its answer comes after the edge, so that the pulse is never shorter than asked, however busy the host is.
        await control.request({ do: key, down: true });
        await pause(clock, ms);
      } finally {
        await release(key);
      }
      return {};
    },
    async status() {
      const { on } = await control.request({ do: 'status' });
      if (typeof on !== 'boolean')
        throw new WireFault('the simulated unit does not tell its STATUS', { seen: JSON.stringify(on) });
      return on;
    },
    onStatus: (listener) => control.onStatus(listener),
    makeSafeNow(levels) {
      for (const key of down) control.post({ do: key, down: false });
      for (const [wire, on] of levels) control.post({ do: wire, on });
    },
    async close() {
      await Promise.allSettled([release('powerKey'), release('reset')]);
    },
  };
}
