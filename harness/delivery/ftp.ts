import { lookup } from 'node:dns/promises';
import { isIPv4, type Socket } from 'node:net';
import type { Clock } from '../base/clock.js';
import { portRange, type OwnServer } from '../rig/schema.js';
import { parseHostPort } from '../rig/values.js';
import { hostText, makeTarget, type Login } from './address.js';
import type { DeliveryContext } from './context.js';
import { FtpControl } from './ftp-control.js';
import { FtpData, passivePorts } from './ftp-data.js';
import { FtpFiles } from './ftp-files.js';
import { checkInside, makeFtpSrv } from './ftp-inside.js';
import { FtpLogins } from './ftp-logins.js';
import { FtpSending } from './ftp-sending.js';
import { Gate } from './gate.js';
import { packageServer } from './package-server.js';
import { Shelf } from './shelf.js';
import type { OwnPackageServer } from './types.js';

/** Everything else, uploads and changes above all, is answered 502. */
const commands = [
  ...['USER', 'PASS', 'QUIT', 'NOOP', 'SYST', 'FEAT', 'HELP', 'OPTS', 'TYPE', 'MODE', 'STRU', 'ALLO', 'REST'],
  ...['PWD', 'XPWD', 'CWD', 'XCWD', 'CDUP', 'LIST', 'NLST', 'STAT', 'SIZE', 'MDTM', 'RETR'],
];
/** ms to resolve the advertised name before a client is answered without it. */
const lookupPatience = 2_000;

/**
 * An FTP server that serves what is published, read only, on a login drawn for the run. Throws RigFault when it cannot listen.
 *
 * PASV tells the advertised address: a module behind a mobile network cannot reach the one we listen on.
 */
export async function startFtpServer(definition: OwnServer, context: DeliveryContext): Promise<OwnPackageServer> {
  const { journal, clock, random, secrets } = context;
  const listen = parseHostPort(definition.listen);
  const own: Login = { user: random.word(8), password: random.word(12) };
  secrets.add(own.password);
  const shelf = new Shelf('ftp', context);
  const logins = new FtpLogins(own, shelf);
  const ports = passivePorts(definition.passivePorts === undefined ? undefined : portRange(definition.passivePorts));
  const ftp = makeFtpSrv(commands);
  const numbers = new WeakMap<Socket, number>();
  const guests = new WeakMap<object, { control: FtpControl; data: FtpData; number: number }>();
  let requests = 0;
  let copies = 0;

  const gate = new Gate('ftp', listen, context, ({ socket, connection }) => {
    numbers.set(socket, connection);
    ftp.server.emit('connection', socket);
  });
  await gate.open();
  const named = parseHostPort(definition.advertise);
  const advertise = { host: named.host, port: named.port === 0 ? gate.address.port : named.port };
  gate.announce(hostText(advertise.host, advertise.port));

  ftp.on('connect', ({ connection, id }) => {
    const inside = checkInside(connection);
    const socket = inside.commandSocket;
    const number = numbers.get(socket) ?? 0;
    // For a connection in this list ftp-srv starts a timer of a second when it closes.
    Reflect.deleteProperty(ftp.connections, id);
    const data = new FtpData({
      clock,
      host: listen.host,
      ports,
      control: socket,
      adopt: (other) => {
        gate.adopt(other);
      },
      note: (text) => journal.write({ type: 'note', text }),
    });
    const control = new FtpControl({
      connection: inside,
      number,
      context,
      data,
      nextRequest: () => ++requests,
      passiveAddress: () => passiveAddress(advertise.host, socket, clock),
    });
    guests.set(inside, { control, data, number });
  });

  ftp.on('login', ({ connection, username, password }, resolve, reject) => {
    const guest = guests.get(checkInside(connection));
    if (guest === undefined) {
      reject(new Error('Login incorrect'));
      return;
    }
    const { control, data, number } = guest;
    const { published, struck } = logins.check({ user: username, password });
    journal.write({ type: 'server.login', connection: number, user: username.slice(0, 300), accepted: published !== undefined });
    for (const fault of struck) fault.struck(`connection ${String(number)}: login refused`);
    if (published === undefined) {
      reject(new Error('Login incorrect'));
      return;
    }
    const files = new FtpFiles(
      published,
      (file, start) => new FtpSending({ context, gate, data, published: file, start, ...control.beginTransfer() }),
    );
    resolve({ fs: files });
  });

  return packageServer({
    protocol: 'ftp',
    advertise,
    context,
    gate,
    shelf,
    prefix: '',
    locate(name, options, fault) {
      const login = logins.for(options, fault?.name === 'wrong-password' ? random : undefined);
      if (fault?.name === 'wrong-password') secrets.add(login.password);
      const path = `/${name}`;
      return { path, stored: `package-${String(++copies)}`, login, ...makeTarget('ftp', advertise, path, options, login) };
    },
    admit: (published, { login }) => {
      logins.add(published, login);
    },
    dismiss: (published) => {
      logins.remove(published);
    },
  });
}

/** The advertised address as four numbers; the one the client has reached us on when the name does not resolve to any. */
async function passiveAddress(host: string, control: Socket, clock: Clock): Promise<string | undefined> {
  const own = control.localAddress?.replace(/^::ffff:/, '');
  if (isIPv4(host)) return host;
  return new Promise((resolve) => {
    const cancel = clock.after(lookupPatience, () => {
      resolve(own);
    });
    lookup(host, { family: 4 }).then(
      ({ address }) => {
        cancel();
        resolve(address);
      },
      () => {
        cancel();
        resolve(own);
      },
    );
  });
}
