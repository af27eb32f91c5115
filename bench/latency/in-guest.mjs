// in-guest.mjs OPTIONS: in the virtual bench, plugs in a module, makes a GPIO chip, and runs run.mjs on its lines: one port and one GPIO line for each program.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const lines = (program, ...argv) => execFileSync(program, argv, { encoding: 'utf8' }).trim().split('\n');
const programs = 4;
const moduleEnds = lines('/bench/gadget', 'latency', 'dummy_udc.0', '2c7c:0125', '0318', String(programs));
const [side] = lines('/bench/gpio-chip', 'latency', '8');
const chip = `/dev/${/gpiochip\d+/.exec(side)[0]}`;

/** ttyUSB numbers are the order in which the interfaces were probed: told by sysfs. */
const hostEnds = readdirSync('/sys/bus/usb-serial/devices')
  .map((name) => ({ name, path: readlinkSync(join('/sys/bus/usb-serial/devices', name)) }))
  .sort((a, b) => interfaceOf(a.path) - interfaceOf(b.path));
function interfaceOf(path) {
  return Number(/:1\.(\d+)\//.exec(path)[1]);
}

const words = hostEnds.flatMap(({ name }, index) => [
  '--tty',
  [moduleEnds[index], `${side}/sim_gpio${index}/value`, `/dev/${name}`, chip, index].join(','),
]);
const run = fileURLToPath(new URL('run.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [run, ...process.argv.slice(2), ...words], { stdio: 'inherit' });
process.exit(status ?? 1);
