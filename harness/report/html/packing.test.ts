import fc from 'fast-check';
import { inflateRawSync } from 'node:zlib';
import type { Timeline, UpgradeDetail } from './data.js';
import { bundleSize, DetailBundles } from './details.js';
import { packBundle, unpackBundle, type PackedBundle } from './packing.js';

const tenth = fc.integer({ min: 0, max: 1e8 }).map((value) => value / 10);
const event = fc.record({ t: tenth, took: tenth, n: fc.nat(), lane: fc.nat(5), label: fc.string(), text: fc.string() });
const timeline: fc.Arbitrary<Timeline> = fc
  .record({ events: fc.array(event), percents: fc.array(fc.record({ t: tenth, percent: fc.nat(100), n: fc.nat() })) })
  .map(({ events, percents }) => ({
    timed: true,
    span: 1,
    attempts: [],
    cuts: [],
    levels: [],
    percents: { t: percents.map(({ t }) => t), percent: percents.map(({ percent }) => percent), n: percents.map(({ n }) => n) },
    events: {
      lane: events.map(({ lane }) => lane),
      t: events.map(({ t }) => t),
      took: events.map(({ took }) => took),
      n: events.map(({ n }) => n),
      tone: events.map(() => '' as const),
      label: events.map(({ label }) => label),
      text: events.map(({ text }) => text),
    },
  }));

const detail = (id: string, of: Timeline): UpgradeDetail => ({
  id,
  rig: '',
  at: '',
  target: '',
  file: '',
  sha256: '',
  from: '',
  to: '',
  answer: '',
  stopped: '',
  timeline: of,
  rungs: [],
  findings: [],
  observations: [],
  identity: [],
  notUnderstood: [],
});

test('what is unpacked is what was packed', () => {
  fc.assert(
    fc.property(fc.array(timeline, { maxLength: 4 }), (timelines) => {
      const details = timelines.map((each, index) => detail(String(index), each));
      expect(unpackBundle(packBundle(details))).toEqual(details);
    }),
  );
});

test('each upgrade is in the bundle where the page looks for it', () => {
  const bundles = new DetailBundles();
  const none = fc.sample(timeline, 1)[0] as Timeline;
  const count = bundleSize * 2 + 3;
  for (let row = 0; row < count; row += 1) bundles.add(detail(String(row), none));
  const packed = bundles.finish();
  expect(packed).toHaveLength(3);
  for (let row = 0; row < count; row += 1) {
    const text = inflateRawSync(Buffer.from(packed[Math.floor(row / bundleSize)] ?? '', 'base64')).toString();
    expect(unpackBundle(JSON.parse(text) as PackedBundle)[row % bundleSize]?.id).toBe(String(row));
  }
});
