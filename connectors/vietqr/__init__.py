"""VietQR, Vietnam's EMVCo merchant-presented QR code: the text, the banks, the picture. Offline throughout."""
