/** The page of one asset: cameras and recorders have pages of their own, everything else has the common one. */
import { useEffect, useRef, useState } from "preact/hooks";
import { path } from "../core/address";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { OldView } from "../shell/oldview";
import { isRecorder } from "./cameras";
import { CameraDetail } from "./detail";
import { RecorderPage } from "./recorder";

const PREFIX = "/assets/";

/** The asset of the address. While another page comes, the address is that page's already and the asset stays. */
function useAssetId(): string {
  const last = useRef("");
  if (path().startsWith(PREFIX)) last.current = decodeURIComponent(path().slice(PREFIX.length));
  return last.current;
}

export default function AssetPage() {
  const id = useAssetId();
  const asset = store.all("asset").get(id);
  if (!store.ready.value) return <p class="rows-empty">{t("video.waiting")}</p>;
  if (asset?.kind === "camera") return <div class="camera-page"><CameraDetail key={id} id={id} /></div>;
  if (isRecorder(asset)) return <div class="camera-page"><RecorderPage key={id} id={id} /></div>;
  return <CommonPage key={id} />;
}

/** The common page was written for whole records. */
function CommonPage() {
  const [whole, setWhole] = useState(false);
  useEffect(() => {
    let open = true;
    const release = store.needFull(["asset", "alert"]);
    void store.whole().then(() => open && setWhole(true));
    return () => {
      open = false;
      release();
    };
  }, []);
  return whole ? <OldView name="asset-page" class="asset-common" /> : <p class="rows-empty">{t("video.waiting")}</p>;
}
