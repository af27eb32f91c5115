/** Logs as they are found in the wild; what each is good for is told by its test. Backslashes stand as they do in the file. */

export const ftpGuide = String.raw`# --- literal lines below ---
AT+QFOTADL="ftp://test:test@124.74.41.170:21/Jun/update-v12-to-v13.zip"
OK
+QIND: "FOTA" "FTPSTART"
+QIND: "FOTA","FTPEND",0
+QIND: "FOTA","START"
+QIND: "FOTA","UPDATING", 1
+QIND: "FOTA","UPDATING", 2
+QIND: "FOTA","UPDATING", 100
+QIND: "FOTA","END",0
`;

export const httpGuide = String.raw`# --- literal lines below ---
AT+QFOTADL="http://www.quectel.com:100/update.zip"
OK
+QIND: "FOTA" ,"HTTPSTART"
+QIND: "FOTA","HTTPEND",0
+QIND: "FOTA","START"
+QIND: "FOTA","UPDATING", 1
+QIND: "FOTA","UPDATING", 2
+QIND: "FOTA","UPDATING", 100
+QIND: "FOTA","END",0
`;

export const localGuide = String.raw`# --- literal lines below ---
AT+QFOTADL="/data/ufs/update-v13-to-v12.zip"
OK
+QIND: "FOTA","START"
+QIND: "FOTA","UPDATING", 1
+QIND: "FOTA","UPDATING", 2
+QIND: "FOTA","UPDATING", 100
+QIND: "FOTA","END",0
`;

export const syntaxRows = String.raw`# --- literal lines below ---
+QIND: "FOTA","FTPEND" 601
+QIND: "FOTA","UPDATING" 37
+QIND: "FOTA","UPDATING" ,37
+QIND: "FOTA","END" 504
+QIND: "FOTA","HTTPEND" 701
+QIND: "FOTA" ,"END" ,504
`;

export const https = String.raw`# --- literal lines below ---
ATI
Quectel
EG18
Revision: EG18EAPAR01A08M4G
OK
AT+QGMR
EG18EAPAR01A08M4G
OK
AT+CSUB
SubEdition: V05
OK
AT+QFOTADL="https://quec-pro-oss.oss-cn-shanghai.aliyuncs.com/fota/9000/Update_EG18EAPAR01A08V05M4G-R01A13M4G_01.200.01.200_V02.zip"
OK
+QIND: "FOTA","HTTPSSTART"
+QIND: "FOTA","HTTPSEND",0
+QIND: "FOTA","START"
+QIND: "FOTA","UPDATING",1
+QIND: "FOTA","UPDATING",2
+QIND: "FOTA","UPDATING",100
+QIND: "FOTA","END",0
RDY
+CPIN: READY
+QUSIM: 1
+CFUN: 1
+QIND: SMS DONE
+QIND: PB DONE
`;

export const everyPercent = String.raw`# --- literal lines below ---
^boot.rom'v'!\n

+QIND: "FOTA","START"
+QIND: "FOTA","UPDATING",0
+QIND: "FOTA","UPDATING",2
+QIND: "FOTA","UPDATING",4
+QIND: "FOTA","UPDATING",6
+QIND: "FOTA","UPDATING",9
+QIND: "FOTA","UPDATING",13
+QIND: "FOTA","UPDATING",18
+QIND: "FOTA","UPDATING",20
+QIND: "FOTA","UPDATING",22
+QIND: "FOTA","UPDATING",24
+QIND: "FOTA","UPDATING",27
+QIND: "FOTA","UPDATING",32
+QIND: "FOTA","UPDATING",34
+QIND: "FOTA","UPDATING",36
+QIND: "FOTA","UPDATING",37
+QIND: "FOTA","UPDATING",39
+QIND: "FOTA","UPDATING",41
+QIND: "FOTA","UPDATING",44
+QIND: "FOTA","UPDATING",45
+QIND: "FOTA","UPDATING",48
+QIND: "FOTA","UPDATING",50
+QIND: "FOTA","UPDATING",51
+QIND: "FOTA","UPDATING",52
+QIND: "FOTA","UPDATING",55
+QIND: "FOTA","UPDATING",57
+QIND: "FOTA","UPDATING",59
+QIND: "FOTA","UPDATING",62
+QIND: "FOTA","UPDATING",64
+QIND: "FOTA","UPDATING",68
+QIND: "FOTA","UPDATING",73
+QIND: "FOTA","UPDATING",78
+QIND: "FOTA","UPDATING",79
+QIND: "FOTA","UPDATING",82
+QIND: "FOTA","UPDATING",85
+QIND: "FOTA","UPDATING",93
+QIND: "FOTA","UPDATING",97
+QIND: "FOTA","UPDATING",100
+QIND: "FOTA","END",0

RDY

^MODE: 17,17

+E_UTRAN Service

+CGEV: ME PDN ACT 1

+NITZ: 2024/08/23,06:52:50+32,0

ATI

AirM2M_780E_V1147_LTE_AT

OK
`;

export const resumedRestore = String.raw`# --- literal lines below ---
+QIND: "FOTA","Last upgrade was not finished,continue upgrade"
+QIND: "FOTA","RESTORE",1%
+QIND: "FOTA","RESTORE",2%
+QIND: "FOTA","RESTORE",100%
+QIND: "FOTA","END",0
`;

export const cutAtEnd = String.raw`# --- literal lines below ---
+QIND: "FOTA","START"
+QIND: "FOTA","END",0
`;

export const incomplete = String.raw`# escapes: C-style; expand \r \n \xNN before feeding to a parser; each line is one byte chunk
# --- literal lines below ---
+QIND: "FOTA","UPDA
TING",12\r\n
ND: "FOTA","UPDATING",13\r\n
+QIND: "FOTA","UPDATING",14\r\n+QIND: "FOTA","UPDATING",15\r\n
+QIND: "FOTA","UPDATING",16+QIND: "FOTA","UPDATING",17\r\n
`;
