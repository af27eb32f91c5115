import { sweep } from '../../harness/simulator/sweep.js';
import { Behaviours } from '../../harness/simulator/behaviour.js';
import { table, times } from './table.js';

/** Simulated power losses a second on one core that littlefs' own runner makes, in C (figure of its users, on another machine). */
const littlefs = 2600;

/** Power cut at every operation of the recovery's flash, and at pairs of them. Each is followed by a recovery that is judged. */
export function sweeping(): string {
  const ways = [
    { name: 'shortcut where the rest is known', wholeTails: false, samples: 10_000 },
    { name: 'each recovery to its end', wholeTails: true, samples: 1000 },
  ] as const;
  const rows = ways.map(({ name, wholeTails, samples }) => {
    const { cuts, cpuSeconds, failures, operations } = sweep({
      module: 'EC25',
      size: 'full',
      policy: { profile: 'backup', reading: 'in-all', cutsCount: true, endEach: true },
      behaviours: new Behaviours([]),
      seed: 1,
      samples,
      wholeTails,
    });
    const rate = cuts / cpuSeconds;
    return {
      sweep: name,
      'flash operations': String(operations),
      cuts: String(cuts),
      failures: String(failures.length),
      'cuts/s of one core': rate.toFixed(0),
      'to the runner of littlefs': times(rate, littlefs),
    };
  });
  return table('Sweep of the simulated recovery', rows);
}
