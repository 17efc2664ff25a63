// A Modbus TCP server by other hands. `node modbus_server.js PORT`: registers say their own address plus the unit.
"use strict";
const ModbusRTU = require("modbus-serial");

const vector = {
  getInputRegister: (address, unit) => (address < 200 ? address + 1000 * unit : Promise.reject({ modbusErrorCode: 2 })),
  getHoldingRegister: (address, unit) => {
    if (address >= 500) return Promise.reject({ modbusErrorCode: 2 });
    if (address === 400) return Promise.reject({ modbusErrorCode: 6 });
    return address + 1000 * unit;
  },
  getCoil: (address) => address % 2 === 1,
  getDiscreteInput: (address) => address % 3 === 0,
};
const server = new ModbusRTU.ServerTCP(vector, { host: "127.0.0.1", port: Number(process.argv[2]), unitID: 0 });
server.on("initialized", () => console.log("ready"));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
