import * as fc from 'fast-check';
import { BootLog, FRESH } from './boot-log.js';
import { Flash } from './flash.js';

test('no cut loses the record in force: it is the last one written, or the one that was being written', () => {
  const cuts = fc.array(
    fc.record({
      op: fc.nat(1),
      how: fc.constantFrom('before', 'torn', 'not at all'),
      fraction: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    {
      minLength: 40,
      maxLength: 90,
    },
  );
  fc.assert(
    fc.property(cuts, (writes) => {
      const flash = new Flash(2);
      const log = new BootLog(flash, [0, 1]);
      let held = FRESH;
      writes.forEach(({ op: at, how, fraction }, i) => {
        const next = { ...FRESH, attempts: i + 1 };
        let n = 0;
        let lost = false;
        for (const op of log.write(next)) {
          if (how !== 'not at all' && n++ === at) {
            if (how === 'torn') flash.tear(op, fraction);
            lost = true;
            break;
          }
          flash.perform(op);
        }
        const read = log.read();
        // A torn page may hold the whole record already: then it counts.
        expect(lost ? (how === 'torn' ? [held, next] : [held]) : [next]).toContainEqual(read);
        held = read;
      });
    }),
  );
});
