import { Doubts } from './doubts.js';
import { marked } from './outcome.js';

const throwing = (text: string) => (): Promise<void> => Promise.reject(new Error(text));
const sound = (): Promise<void> => Promise.resolve();
const restored = jest.fn(() => Promise.resolve());
const doubtful = (): Doubts => new Doubts(restored);
beforeEach(() => restored.mockClear());
const undecided = throwing(marked('inconclusive', 'nobody saw how it ended'));

test('rounds without a doubt tell nothing', async () => {
  const doubts = doubtful();
  expect(await doubts.allow(sound)).toBe(true);
  expect(() => {
    doubts.tell();
  }).not.toThrow();
  expect(restored).not.toHaveBeenCalled();
});

test('an undecided round does not end the test, and is told at its end', async () => {
  const doubts = doubtful();
  expect(await doubts.allow(undecided)).toBe(false);
  expect(restored).toHaveBeenCalledTimes(1);
  await doubts.allow(sound);
  expect(() => {
    doubts.tell();
  }).toThrow(/^INCONCLUSIVE: undecided: 1 of 2 rounds\nnobody saw how it ended$/);
});

test('of many, the first are told and the rest counted', async () => {
  const doubts = doubtful();
  for (let round = 0; round < 9; round += 1) await doubts.allow(undecided);
  expect(() => {
    doubts.tell();
  }).toThrow(/^INCONCLUSIVE: undecided: 9 of 9 rounds\n(?:nobody saw how it ended\n){5}and 4 more$/);
});

test.each([
  ['a failure of the module', 'expected 1, got 2'],
  ['a fault of the rig', marked('invalid', 'no power')],
  ['a skip', marked('skipped', 'the run was interrupted')],
])('%s ends the test', async (_name, text) => {
  await expect(doubtful().allow(throwing(text))).rejects.toThrow(text);
});

test('a unit that does not come back to its baseline ends the test', async () => {
  restored.mockRejectedValueOnce(new Error(marked('invalid', 'the rig is set aside')));
  await expect(doubtful().allow(undecided)).rejects.toThrow('set aside');
});
