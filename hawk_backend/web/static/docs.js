// The operations of this gateway, drawn by the Swagger UI that it carries.

import { asVersion30 } from "./openapi30.js";

const response = await fetch("/openapi.json");
window.SwaggerUIBundle({
  spec: asVersion30(await response.json()),
  dom_id: "#operations",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
});
