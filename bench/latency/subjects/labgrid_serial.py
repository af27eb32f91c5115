# labgrid_serial.py DEVICE SOCKET: labgrid's SerialDriver on a RawSerialPort, expecting the report as a test of its users does.
import socket
import sys

from labgrid import Target
from labgrid.driver import SerialDriver
from labgrid.resource import RawSerialPort

supply = socket.socket(socket.AF_UNIX)
target = Target("bench")
RawSerialPort(target, "port", port=sys.argv[1])
driver = SerialDriver(target, "serial")
target.activate(driver)
supply.connect(sys.argv[2])
supply.send(b"ready\n")
while True:
    driver.expect(r'"UPDATING",\d+\r?\n', timeout=3600)
    supply.send(b'{"id":1,"do":"supply","on":false}\n')
    supply.send(b"ready\n")
