/**
 * The process of a live view. It is one of its own so that nothing a browser asks for costs the run any time, and nothing that goes wrong here can end
 * it. It ends when the run says so, or is gone.
 */
import { constants, setPriority } from 'node:os';
import { systemClock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { FromView, ToView } from './messages.js';
import { RunSoFar } from './run-so-far.js';
import { LiveView } from './view.js';

const view = new LiveView(systemClock);
let ending = false;

function tell(message: FromView): void {
  if (process.connected) process.send?.(message);
}

function fail(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  const message: FromView = { type: 'failed', code, why: messageOf(error) };
  if (process.connected && process.send !== undefined) process.send(message, () => process.exit(1));
  else process.exit(1);
}

async function finish(): Promise<void> {
  if (ending) return;
  ending = true;
  await view.finish();
  process.exit(0);
}

async function take(message: ToView): Promise<void> {
  if (message.type === 'listen') tell({ type: 'listening', port: await view.listen(message.port) });
  else if (message.type === 'follow') view.follow(new RunSoFar(message.journal, message.rigs));
  else await finish();
}

try {
  setPriority(constants.priority.PRIORITY_LOW);
} catch {
  // It is only a courtesy.
}
process.on('uncaughtException', fail);
process.on('message', (message: ToView) => {
  take(message).catch(fail);
});
process.on('disconnect', () => {
  finish().catch(fail);
});
