// serialport.mjs DEVICE SUPPLY: node-serialport as its documentation shows it, with its readline parser.
import { mark, openSupply, requireHere } from './parts.mjs';

const { SerialPort, ReadlineParser } = requireHere('serialport');
const supply = await openSupply(process.argv[3]);
const port = new SerialPort({ path: process.argv[2], baudRate: 115_200 });
port.pipe(new ReadlineParser({ delimiter: '\r\n' })).on('data', (line) => {
  if (line.includes(mark)) supply.cut();
});
port.on('open', () => supply.ready());
