"""Environment variables: which the code reads, which `.env.example` names, which the app itself gives."""
