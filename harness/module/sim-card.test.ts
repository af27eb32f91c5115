import { systemClock } from '../base/clock.js';
import { Secrets } from '../base/secrets.js';
import { memoryJournal } from '../journal/journal.js';
import { SimCard } from './sim-card.js';
import { askOf } from './testing/ask.js';

function card(pin: string | undefined, pinEnv: string | undefined = 'TEST_PIN'): { card: SimCard; secrets: Secrets } {
  const secrets = new Secrets();
  return { secrets, card: new SimCard({ rig: 'bench', pinEnv, env: { TEST_PIN: pin }, secrets }) };
}
const ask = askOf({ 'AT+QPINC="SC"': ['+QPINC: "SC",3,10', 'OK'], 'AT+CPIN=4711': ['OK'] });

test('the PIN is entered when the card asks, and kept out of the journal', async () => {
  const { card: sim, secrets } = card('4711');
  const entered: string[] = [];
  await sim.unlock(ask, 'SIM PIN', askOf({ 'AT+CPIN=4711': ['OK'] }, entered));
  expect(entered).toEqual(['AT+CPIN=4711']);
  const journal = memoryJournal({ clock: systemClock, secrets });
  journal.write({ type: 'note', text: 'AT+CPIN=4711' });
  expect(JSON.stringify(journal.events)).not.toContain('4711\"');
});

test('a card that asks for nothing gets nothing', async () => {
  const entered: string[] = [];
  await card(undefined, undefined).card.unlock(ask, 'READY', askOf({}, entered));
  expect(entered).toEqual([]);
});

test('a refused PIN is never sent again', async () => {
  const { card: sim } = card('0000');
  const entered: string[] = [];
  const enter = askOf({ 'AT+CPIN=0000': ['+CME ERROR: 16'] }, entered);
  await expect(sim.unlock(ask, 'SIM PIN', enter)).rejects.toThrow('the SIM PIN was refused');
  await expect(sim.unlock(ask, 'SIM PIN', enter)).rejects.toThrow('refused before');
  expect(entered).toHaveLength(1);
  expect(sim.usable).toBe(false);
});

test('one that was taken is entered again after the next reboot', async () => {
  const { card: sim } = card('4711');
  const entered: string[] = [];
  const enter = askOf({ 'AT+CPIN=4711': ['OK'] }, entered);
  await sim.unlock(ask, 'SIM PIN', enter);
  await sim.unlock(ask, 'SIM PIN', enter);
  expect(entered).toHaveLength(2);
});

test.each([
  ['a card with tries spent', '4711', 'TEST_PIN', '+QPINC: "SC",2,10', 'SIM PIN', 'a wrong PIN was tried'],
  ['no variable named', undefined, undefined, '+QPINC: "SC",3,10', 'SIM PIN', 'asks for a PIN'],
  ['an empty variable', undefined, 'TEST_PIN', '+QPINC: "SC",3,10', 'SIM PIN', 'no usable SIM PIN'],
  ['something that is no PIN', 'AT+CFUN=0', 'TEST_PIN', '+QPINC: "SC",3,10', 'SIM PIN', 'no usable SIM PIN'],
  ['a card that asks for its PUK', '4711', 'TEST_PIN', '+QPINC: "SC",0,10', 'SIM PUK', 'the SIM is locked'],
])('%s: a rig fault, and nothing is sent', async (_what, pin, pinEnv, count, sim, message) => {
  const entered: string[] = [];
  const unlocking = new SimCard({ rig: 'bench', pinEnv, env: { TEST_PIN: pin }, secrets: new Secrets() }).unlock(
    askOf({ 'AT+QPINC="SC"': [count, 'OK'] }),
    sim,
    askOf({}, entered),
  );
  await expect(unlocking).rejects.toThrow(message);
  expect(entered).toEqual([]);
});
