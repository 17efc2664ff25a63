export * from "../core/names";
