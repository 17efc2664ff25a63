// Rules for the browser's code.
import js from "@eslint/js";
import typescript from "typescript-eslint";

export default typescript.config(
  { ignores: ["dashboard/assets", "**/*.d.ts", "node_modules", "build", "dist", ".venv"] },
  js.configs.recommended,
  ...typescript.configs.recommendedTypeChecked,
  {
    files: ["dashboard/ui/**/*.{ts,tsx}", "tests/ui/**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "max-len": ["error", { code: 120, ignoreUrls: true }],
      "max-lines": ["error", 300],
      "max-lines-per-function": ["error", { max: 60, skipComments: true }],
      "no-warning-comments": "error",
      eqeqeq: "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  // The runner of Node awaits what `test` returns.
  { files: ["tests/ui/**"], rules: { "@typescript-eslint/no-floating-promises": "off" } },
  { files: ["*.js"], extends: [typescript.configs.disableTypeChecked] },
);
