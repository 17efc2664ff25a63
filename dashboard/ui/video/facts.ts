/** The readings that are shown behind each rung, as the devices answered. Which of them decided it, the server says. */
import { errorText, joined, metricName, readingText } from "../core/names";
import type { AssetRecord, ReadingRecord } from "../records";
import type { Rung } from "./states";

const FACTS: Readonly<Record<Rung, readonly string[]>> = {
  path: ["icmp.up", "icmp.rtt_ms", "tcp.up", "tcp.connect_ms", "rtsp.connect_ms"],
  signalling: ["rtsp.up", "rtsp.answered", "onvif.up", "onvif.answered", "gb28181.up", "gb28181.channel.up",
    "gb28181.keepalive_s", "gb28181.version"],
  described: ["rtsp.described", "rtsp.codec", "gb28181.described", "onvif.profiles"],
  frames: ["rtsp.frames", "rtsp.first_frame_ms", "rtsp.key_frame_ms", "rtsp.fps", "rtsp.kbps", "rtsp.loss",
    "gb28181.frames", "onvif.frames"],
  picture: ["rtsp.picture", "picture.size", "picture.learning", "gb28181.picture", "onvif.picture"],
  clock: ["onvif.clock", "onvif.clock_s", "gb28181.clock", "gb28181.clock_s"],
  recording: ["gb28181.recording", "gb28181.recorded"],
};
/** The readings that the one line about a rung that is ok names, where there are any. */
const SUMMARY: Readonly<Record<Rung, readonly string[]>> = {
  path: ["icmp.rtt_ms", "tcp.connect_ms"],
  signalling: ["gb28181.keepalive_s", "rtsp.connect_ms"],
  described: ["rtsp.codec"],
  frames: ["rtsp.fps", "rtsp.kbps", "rtsp.first_frame_ms", "rtsp.key_frame_ms"],
  picture: ["picture.size"],
  clock: ["onvif.clock_s", "gb28181.clock_s"],
  recording: ["gb28181.recorded"],
};

export interface Fact {
  key: string;
  reading: ReadingRecord;
}

/** The readings of an asset about a rung; a metric may come with an instance in brackets. */
export function factsOf(asset: AssetRecord, rung: Rung): Fact[] {
  const all = Object.entries(asset.readings ?? {});
  return FACTS[rung].flatMap((metric) =>
    all.filter(([key]) => key === metric || key.startsWith(`${metric}[`)).map(([key, reading]) => ({ key, reading })));
}

/** "视频编码 H264，帧率 25 1/s": the one line about a rung that is ok. */
export function rungSummary(asset: AssetRecord, rung: Rung): string {
  const facts = factsOf(asset, rung).filter(({ key, reading }) => {
    return SUMMARY[rung].includes(key.split("[")[0]!) && reading.value !== null;
  });
  return joined(facts.slice(0, 3).map(({ key, reading }) => `${metricName(key)} ${readingText(reading)}`));
}

/** A reading with its own words. */
export const answer = ({ reading }: Fact): string =>
  joined([readingText(reading), errorText(reading.text)]);

export interface Verdict {
  state: string;
  at: string | null;
  by: string;
  why: string;
}

/** What the server says of a rung: its state, when and by which reading it was decided, and why. */
export function verdict(asset: AssetRecord, rung: Rung): Verdict {
  const reading = asset.readings?.[`camera.rung[${rung}]`];
  if (!reading) return { state: "not-checked", at: null, by: "", why: "" };
  const at = reading.text.indexOf(": ");
  const [by, why] = at < 0 ? [reading.text, ""] : [reading.text.slice(0, at), reading.text.slice(at + 2)];
  return { state: String(reading.value), at: reading.observed_at, by, why };
}
