import { readdirSync, readlinkSync } from 'node:fs';
import { PtyEnd } from './pty.js';
import { makeRaw, TtyEnd } from './tty-end.js';

/** How many descriptors of a device this process holds. */
function held(device: string): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return links.filter((link) => link === device).length;
}

class Told {
  text = '';
  private waiting: (() => void) | undefined;

  readonly take = (data: Buffer): void => {
    this.text += data.toString('latin1');
    this.waiting?.();
  };

  async has(text: string): Promise<void> {
    while (!this.text.includes(text)) await new Promise<void>((done) => (this.waiting = done));
  }
}

let other: PtyEnd;
let host: Told;
beforeEach(async () => {
  other = await PtyEnd.create();
  await makeRaw(other.path);
  host = new Told();
  other.start(host.take);
});
afterEach(() => other.close());

test('bytes go both ways as they are, also more than the kernel takes at once', async () => {
  const module = new Told();
  const end = new TtyEnd(other.path, module.take);
  const much = `${'0123456789\r\n'.repeat(10_000)}.`;
  expect(end.write(Buffer.from(much))).toBe(true);
  await host.has('.');
  expect(host.text).toBe(much);
  expect(other.write(Buffer.from('AT\r\n'))).toBe(true);
  await module.has('\n');
  expect(module.text).toBe('AT\r\n');
  end.close();
});

test('a closed end holds nothing open, takes nothing and says nothing', async () => {
  const end = new TtyEnd(other.path, () => undefined);
  expect(held(other.path)).toBeGreaterThan(0);
  end.close();
  // The stream closes its own descriptor at the end of the loop's turn.
  await new Promise((done) => setImmediate(() => setImmediate(done)));
  expect(held(other.path)).toBe(0);
  expect(end.write(Buffer.from('x'))).toBe(false);
  end.close();
});
