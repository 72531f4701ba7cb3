import type { NextConfig } from "next";

import { buildId } from "./scripts/build-id.mjs";

const assetPrefix = process.env["NEXT_PUBLIC_ASSET_PREFIX"]?.replace(/\/+$/, "");

const config: NextConfig = {
  output: "standalone",
  // The folder may lie inside a larger checkout: stop Next from looking for a root above it.
  outputFileTracingRoot: import.meta.dirname,
  turbopack: { root: import.meta.dirname },
  // No image is optimized here, so its native library does not belong in the output.
  outputFileTracingExcludes: { "*": ["node_modules/sharp/**", "node_modules/@img/**"] },
  images: { unoptimized: true },
  ...(assetPrefix ? { assetPrefix } : {}),
  generateBuildId: () => buildId(),
  poweredByHeader: false,
  productionBrowserSourceMaps: false,
  reactStrictMode: true,
  // Titles belong in the head of the first bytes, for every client.
  htmlLimitedBots: /.*/,
  headers: async () => [
    {
      source: "/:path*",
      headers: [
        { key: "Referrer-Policy", value: "strict-origin-when-cross-origin" },
        { key: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=(), payment=(), usb=()" },
      ],
    },
    {
      source: "/fonts/:file*",
      headers: [{ key: "Cache-Control", value: "public, max-age=31536000, immutable" }],
    },
  ],
};

export default config;
