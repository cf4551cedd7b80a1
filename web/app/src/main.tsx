import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { loadPart } from "@/data/parts";
import { queries } from "@/data/queries";
import { router } from "@/router";
import { showTheme } from "@/shell/theme";
import "./app.css";

const Toaster = lazy(() => loadPart(() => import("sonner")).then(({ Toaster }) => ({ default: Toaster })));
showTheme();
const place = document.getElementById("root");
if (!place) throw new Error("the page has no #root");
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
      <Suspense>
        <Toaster position="bottom-right" theme="system" toastOptions={{ classNames: { toast: "!bg-raised !text-fg !border-line !font-sans", description: "!text-fg-2" } }} />
      </Suspense>
    </QueryClientProvider>
  </StrictMode>,
);
