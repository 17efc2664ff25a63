export { ProblemError as Refused, get, list, raw, send, setCsrf, token } from "../core/api";
