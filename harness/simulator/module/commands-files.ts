import { FileChecksum } from '../core/bytes.js';
import type { AtSession } from './at-session.js';
import { cme, ERROR, ok } from './answer.js';
import type { Answer, Command, Param } from './answer.js';
import { FileStore } from './file-store.js';
import type { Storage } from './file-store.js';

/** Bytes for which ack mode sends one `A`. */
const ACK_EVERY = 1024;
/** An upload's time-out is never shorter than this in real time, in milliseconds: a busy machine is not a silent host. */
const SHORTEST_TIMEOUT_MS = 1000;

/** The files in UFS and on the card. */
export const FILE_COMMANDS: Readonly<Record<string, Command>> = {
  QFLDS: (session, form, params) => {
    const { files } = session.module;
    if (form === 'test') return ok('+QFLDS: ("UFS","SD")');
    const name = form === 'run' ? 'UFS' : params[0]?.value.toUpperCase();
    if ((form !== 'run' && form !== 'set') || (name !== 'UFS' && name !== 'SD')) return ERROR;
    return ok(`+QFLDS: ${files.free(name)},${files.total(name)}`);
  },
  QFLST: (session, form, params) => {
    if (form === 'test') return ok();
    const pattern = form === 'run' ? '*' : params[0]?.value;
    if ((form !== 'run' && form !== 'set') || pattern === undefined) return ERROR;
    const { files } = session.module;
    const storage = storageOf(pattern);
    const wanted = pattern.replace(/^(UFS|SD):/, '');
    const found = files.list(storage).filter(({ name }) => wanted === '*' || wanted === '' || name === wanted);
    if (found.length === 0 && wanted !== '*' && wanted !== '') return cme(405);
    return ok(...found.map(({ name, size }) => `+QFLST: "${storage}:${name}",${size}`));
  },
  QFDEL: (session, form, params) => {
    if (form === 'test') return ok();
    const pattern = params[0]?.value;
    if (form !== 'set' || pattern === undefined) return ERROR;
    if (/^(?:(UFS|SD):)?\*$/.test(pattern)) session.module.files.removeAll(storageOf(pattern));
    else session.module.files.remove(FileStore.parse(pattern));
    return ok();
  },
  QFDWL: (session, form, params) => {
    if (form === 'test') return ok();
    if (form !== 'set' || params.length !== 1) return ERROR;
    const data = session.module.files.read(FileStore.parse(params[0]?.value ?? ''));
    const checksum = new FileChecksum();
    checksum.add(data);
    session.say('CONNECT');
    session.write(data);
    return ok(`+QFDWL: ${data.length},${checksum.text()}`);
  },
  QFUPL: (session, form, params) => {
    if (form === 'test') return ok('+QFUPL: <filename>,(1-<freesize>),(1-65535),(0,1)');
    if (form !== 'set' || params.length < 1 || params.length > 4) return ERROR;
    const size = count(params[1], 10240);
    const timeout = count(params[2], 5);
    const ack = params[3]?.value ?? '0';
    if (size === undefined || timeout === undefined || timeout > 65535 || !/^[01]?$/.test(ack)) return ERROR;
    return upload(session, params[0]?.value ?? '', size, timeout, ack === '1');
  },
};

function upload(session: AtSession, name: string, size: number, timeout: number, ack: boolean): Answer {
  const { module } = session;
  const file = module.files.create(FileStore.parse(name), size);
  const checksum = new FileChecksum();
  const timeoutMs = Math.max(SHORTEST_TIMEOUT_MS, timeout * 1000 * module.options.scale);
  let received = 0;
  const end = (answer: Answer): void => {
    clearTimeout(timer);
    forget();
    session.finish(answer);
    session.leaveData();
  };
  const timer = setTimeout(() => {
    file.drop();
    end(cme(421));
  }, timeoutMs);
  const forget = module.whenPowerGoes(() => {
    clearTimeout(timer);
    file.drop();
  });
  session.say('CONNECT');
  session.enterData((data) => {
    timer.refresh();
    const piece = data.subarray(0, size - received);
    const acks = Math.floor((received + piece.length) / ACK_EVERY) - Math.floor(received / ACK_EVERY);
    received += piece.length;
    checksum.add(piece);
    file.write(piece);
    if (ack && acks > 0) session.write(Buffer.from('A'.repeat(acks)));
    if (received < size) return undefined;
    file.keep();
    end(ok(`+QFUPL: ${size},${checksum.text()}`));
    return data.subarray(piece.length);
  });
  return 'later';
}

function storageOf(pattern: string): Storage {
  return pattern.startsWith('SD:') ? 'SD' : 'UFS';
}

/** A whole number above 0, the default when it is left out, undefined when it is neither. */
function count(param: Param | undefined, missing: number): number | undefined {
  if (param === undefined || param.value === '') return missing;
  return /^[1-9]\d{0,9}$/.test(param.value) ? Number(param.value) : undefined;
}
