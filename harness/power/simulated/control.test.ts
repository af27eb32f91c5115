import fc from 'fast-check';
import { systemClock } from '../../base/clock.js';
import { FakeUnit } from '../testing/fake-unit.js';
import { HeldClock } from '../testing/held-clock.js';
import { WireFault } from '../wires.js';
import { ControlClient } from './control.js';

let unit: FakeUnit;
beforeEach(async () => {
  unit = new FakeUnit();
  await unit.listen();
});
afterEach(() => {
  unit.close();
});

test('answers find their requests, whatever their order', async () => {
  const client = await ControlClient.open(unit.path, systemClock);
  unit.answer = () => 'silent';
  const one = client.request({ do: 'status' });
  const two = client.request({ do: 'status' });
  await unit.has('status', 2);
  unit.say('{"id":2,"ok":true,"on":false}\n{"id":1,"ok":true,"on":true}\n');
  expect([(await one)['on'], (await two)['on']]).toEqual([true, false]);
  client.close();
});

test('a refusal says what was asked and why not', async () => {
  const client = await ControlClient.open(unit.path, systemClock);
  unit.answer = () => ({ ok: false, error: 'no such route' });
  await expect(client.request({ do: 'route', from: 'a:1', to: 'b:2' })).rejects.toMatchObject({
    explanation: { asked: '{"do":"route","from":"a:1","to":"b:2"}', seen: 'no such route' },
  });
  client.close();
});

test('no answer is a fault after its time; the answer that comes later does no harm', async () => {
  const clock = new HeldClock();
  const client = await ControlClient.open(unit.path, clock);
  unit.answer = () => 'silent';
  const asked = client.request({ do: 'status' });
  clock.advance(10_000);
  await expect(asked).rejects.toThrow(WireFault);
  unit.answer = () => undefined;
  unit.say('{"id":1,"ok":true}\n');
  expect(await client.request({ do: 'status' })).toMatchObject({ id: 2, ok: true });
  client.close();
});

test('a unit that is gone: what waits and what comes later is told so', async () => {
  const client = await ControlClient.open(unit.path, systemClock);
  unit.answer = () => 'silent';
  const waiting = client.request({ do: 'status' });
  await unit.has('status');
  unit.hangUp();
  await expect(waiting).rejects.toThrow('does not answer');
  await expect(client.request({ do: 'status' })).rejects.toThrow('does not answer');
  client.post({ do: 'shutdown' });
  client.close();
  client.close();
  await expect(ControlClient.open(`${unit.path}-none`, systemClock)).rejects.toThrow('cannot be reached');
});

test('whatever else the unit says is counted, and the dialogue goes on', async () => {
  const junk = fc.oneof(
    fc.string(),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.constantFrom('{"id":"1","ok":true}', '{"event":"status"}', '{"id":99999,"ok":true}', '{', '\0', '{"id":1e400,"ok":1}'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(junk, { maxLength: 20 }), async (lines) => {
      const client = await ControlClient.open(unit.path, systemClock);
      const edges: boolean[] = [];
      client.onStatus((on) => edges.push(on));
      // The fake greets nobody: its first answer shows that it has us among its clients.
      await client.request({ do: 'status' });
      unit.say(`${lines.join('\n')}\n{"event":"status","on":true}\n`);
      expect(await client.request({ do: 'status' })).toMatchObject({ ok: true });
      expect(edges).toEqual([true]);
      client.close();
    }),
    { numRuns: 100 },
  );
});
