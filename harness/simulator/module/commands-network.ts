import { cme, ERROR, ok } from './answer.js';
import type { Command } from './answer.js';

/** `AT+CREG` and `AT+CEREG`: reading, and asking for reports of changes. */
function registration(name: 'CREG' | 'CEREG'): Command {
  return (session, form, params) => {
    const { sim } = session.module;
    if (form === 'test') return ok(`+${name}: (0-2)`);
    if (form === 'read') return ok(`+${name}: ${sim.reports[name]},${sim.registration}`);
    const mode = Number(params[0]?.value);
    if (form !== 'set' || params.length !== 1 || ![0, 1, 2].includes(mode)) return ERROR;
    sim.reports[name] = mode;
    return ok();
  };
}

/** SIM, registration, signal, and the settings of the data connection. */
export const NETWORK_COMMANDS: Readonly<Record<string, Command>> = {
  CPIN: (session, form, params) => {
    const { sim } = session.module;
    if (form === 'test') return ok();
    if (!sim.present) return cme(10);
    if (!sim.found) return cme(14);
    if (form === 'read') return ok(`+CPIN: ${sim.state}`);
    if (form !== 'set' || params.length !== 1) return ERROR;
    return sim.enterPin(params[0]?.value ?? '') ? ok() : cme(sim.state === 'SIM PUK' ? 12 : 16);
  },
  CREG: registration('CREG'),
  CEREG: registration('CEREG'),
  CSQ: (session, form) => {
    if (form === 'test') return ok('+CSQ: (0-31,99),(0-7,99)');
    return form === 'run' ? ok(`+CSQ: ${session.module.network.up ? 20 : 99},99`) : ERROR;
  },
  COPS: (session, form, params) => {
    if (form === 'read') return ok(session.module.sim.registered ? '+COPS: 0,0,"Test Network",7' : '+COPS: 0');
    return form === 'set' && params[0]?.value === '0' ? ok() : ERROR;
  },
  CGATT: (session, form) => (form === 'read' ? ok(`+CGATT: ${session.module.sim.registered ? 1 : 0}`) : ERROR),
  QNWINFO: (session, form) => {
    if (form !== 'run') return ERROR;
    return ok(session.module.sim.registered ? '+QNWINFO: "FDD LTE","26201","LTE BAND 3",1300' : '+QNWINFO: No Service');
  },
  QICSGP: (session, form, params) => {
    const { module } = session;
    if (form === 'test') return ok('+QICSGP: (1-16),(1,2),<APN>,<username>,<password>,(0-3)');
    if (form !== 'set' || params[0]?.value !== '1') return ERROR;
    if (params.length === 1) return ok(`+QICSGP: ${module.nv.apnType},"${module.nv.apn}","","",1`);
    const [, type, apn] = params;
    if (params.length < 3 || params.length > 6 || !/^[123]$/.test(type?.value ?? '') || apn?.quoted !== true) return ERROR;
    module.changeNv({ apn: apn.value, apnType: Number(type?.value) });
    return ok();
  },
  CGDCONT: (session, form, params) => {
    const { module } = session;
    if (form === 'read') return ok(`+CGDCONT: 1,"IP","${module.nv.apn}","0.0.0.0",0,0`);
    if (form !== 'set' || params[0]?.value !== '1' || params[2]?.quoted !== true) return ERROR;
    module.changeNv({ apn: params[2].value });
    return ok();
  },
};
