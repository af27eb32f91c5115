# pyserial.py DEVICE SOCKET: bare pyserial.
import socket
import sys

import serial

supply = socket.socket(socket.AF_UNIX)
port = serial.Serial(sys.argv[1], 115200)
supply.connect(sys.argv[2])
supply.send(b"ready\n")
while True:
    if b'"UPDATING",' in port.readline():
        supply.send(b'{"id":1,"do":"supply","on":false}\n')
        supply.send(b"ready\n")
