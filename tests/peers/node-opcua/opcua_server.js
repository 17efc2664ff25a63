// An OPC UA server by other hands: a level, and a tank with an alarm. `node opcua_server.js PORT FOLDER`; lines on standard input:
// "level NUMBER", "status NAME" (of the level), "tank NUMBER" (its alarm is above 10). Users: watch / open sesame; nobody else but anonymous.
"use strict";
const readline = require("readline");
const path = require("path");
const { OPCUAServer, OPCUACertificateManager, StatusCodes, DataType, Variant, SecurityPolicy, MessageSecurityMode } = require("node-opcua");

async function main() {
  const port = Number(process.argv[2]);
  const folder = process.argv[3];
  const pki = new OPCUACertificateManager({ rootFolder: path.join(folder, "pki"), automaticallyAcceptUnknownCertificate: true });
  const users = new OPCUACertificateManager({ rootFolder: path.join(folder, "users"), automaticallyAcceptUnknownCertificate: true });
  const server = new OPCUAServer({
    port, hostname: "127.0.0.1", alternateHostname: ["127.0.0.1"], resourcePath: "/UA/Peer",
    serverCertificateManager: pki, userCertificateManager: users, allowAnonymous: true,
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes128_Sha256_RsaOaep, SecurityPolicy.Aes256_Sha256_RsaPss],
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
    userManager: { isValidUser: (user, password) => user === "watch" && password === "open sesame" },
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  const own = space.getOwnNamespace();
  const objects = space.rootFolder.objects;
  const plant = own.addObject({ browseName: "Plant", organizedBy: objects, eventNotifier: 1, eventSourceOf: objects.server });
  const level = own.addVariable({
    browseName: "Level", nodeId: "s=Level", componentOf: plant, dataType: "Double", eventSourceOf: plant,
    value: { dataType: "Double", value: 1.5 },
  });
  const tank = own.addVariable({
    browseName: "Tank", nodeId: "s=Tank", componentOf: plant, dataType: "Double", eventSourceOf: plant,
    value: { dataType: "Double", value: 1 },
  });
  space.installAlarmsAndConditionsService();
  own.instantiateExclusiveLimitAlarm("ExclusiveLimitAlarmType", {
    browseName: "LevelAlarm", conditionName: "LevelAlarm", componentOf: plant, conditionSource: tank, inputNode: tank,
    highHighLimit: 100, highLimit: 10, lowLimit: -10, lowLowLimit: -100,
  });
  await server.start();
  console.log("ready");
  readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const [verb, word] = line.split(" ");
    if (verb === "level") level.setValueFromSource(new Variant({ dataType: DataType.Double, value: Number(word) }), StatusCodes.Good, new Date());
    if (verb === "tank") tank.setValueFromSource(new Variant({ dataType: DataType.Double, value: Number(word) }), StatusCodes.Good, new Date());
    if (verb === "status") level.setValueFromSource(new Variant({ dataType: DataType.Double, value: 0 }), StatusCodes[word], new Date());
  }).on("close", () => process.exit(0));
}

main().catch((error) => { console.error(error); process.exit(1); });
