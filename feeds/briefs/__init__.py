"""Briefs on paper: what is signed, the layout of GB/T 9704 as DOCX and PDF, and their verification."""
