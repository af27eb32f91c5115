import { ERROR, ok } from './answer.js';
import type { Command } from './answer.js';

const URC_PORTS = ['usbat', 'usbmodem', 'uart1'] as const;

/** Settings of the module as a whole, and the upgrade itself. */
export const SYSTEM_COMMANDS: Readonly<Record<string, Command>> = {
  CMEE: (session, form, params) => {
    if (form === 'test') return ok('+CMEE: (0-2)');
    if (form === 'read') return ok(`+CMEE: ${session.cmee}`);
    const mode = Number(params[0]?.value);
    if (form !== 'set' || params.length !== 1 || params[0]?.value === '' || ![0, 1, 2].includes(mode)) return ERROR;
    session.cmee = mode;
    return ok();
  },
  CFUN: (session, form, params) => {
    if (form === 'test') return ok('+CFUN: (0,1,4),(0,1)');
    if (form === 'read') return ok(`+CFUN: ${session.module.sim.cfun}`);
    const text = params.map(({ value }) => value).join(',');
    if (form !== 'set' || !/^(?:[014](?:,0)?|1,1)$/.test(text)) return ERROR;
    if (text === '1,1') session.module.rebootSoon();
    else session.module.sim.setFunction(Number(text[0]));
    return ok();
  },
  IPR: (_session, form, params) => {
    if (form === 'read') return ok('+IPR: 115200');
    return form === 'test' ||
      (form === 'set' && /^(9600|19200|38400|57600|115200|230400|460800|921600)$/.test(params[0]?.value ?? ''))
      ? ok()
      : ERROR;
  },
  QURCCFG: (session, form, params) => {
    const { module } = session;
    if (form === 'test') return ok('+QURCCFG: "urcport",("usbat","usbmodem","uart1")');
    if (form !== 'set' || params[0]?.value.toLowerCase() !== 'urcport') return ERROR;
    if (params.length === 1) return ok(`+QURCCFG: "urcport","${module.nv.urcPort}"`);
    const port = URC_PORTS.find((name) => name === params[1]?.value.toLowerCase());
    if (port === undefined) return ERROR;
    module.changeNv({ urcPort: port });
    return ok();
  },
  QINDCFG: (session, form, params) => {
    const { module } = session;
    if (form === 'test') return ok('+QINDCFG: "all",(0,1),(0,1)');
    if (form !== 'set' || params[0]?.value.toLowerCase() !== 'all') return ERROR;
    if (params.length === 1) return ok(`+QINDCFG: "all",${module.nv.indications ? 1 : 0}`);
    if (!/^[01]$/.test(params[1]?.value ?? '') || !/^[01]?$/.test(params[2]?.value ?? '')) return ERROR;
    module.changeNv({ indications: params[1]?.value === '1' });
    return ok();
  },
  QPOWD: (session, form, params) => {
    if (form === 'test') return ok('+QPOWD: (0,1)');
    if (form !== 'run' && !(form === 'set' && /^[01]$/.test(params[0]?.value ?? ''))) return ERROR;
    session.module.powerDown(session.line);
    return ok();
  },
  QFOTADL: (session, form, params) => {
    if (form === 'test') return session.module.options.behaviours.ask('knowsTest', true) ? ok() : ERROR;
    const only = params.length === 1 ? params[0] : undefined;
    return session.module.upgrade.request(form === 'set' && only?.quoted === true ? only.value : undefined) ? ok() : ERROR;
  },
};
