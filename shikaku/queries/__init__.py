"""What is read from 資格履歴: frozen values, never rows."""
