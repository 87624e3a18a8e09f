# src/handlers
